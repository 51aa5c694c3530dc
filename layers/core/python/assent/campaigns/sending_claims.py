"""Claims that an earlier attempt, or another worker, wrote for this campaign.

Such a person is never texted by this attempt. The ledger says what became of them; when it says
nothing long after anybody could still be publishing, nobody can know: in doubt, for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.messages.ledger import LedgerRow, Outcome, Purpose, sent_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.sending_opt_outs import ProviderOptOuts
    from assent.campaigns.sending_tally import Tally
    from assent.clock import Clock
    from assent.consent.model import Claim
    from assent.identifiers import CampaignId, SubscriberKey
    from assent.messages.ledger import MessageLedger

# A worker publishes at most 2 s after its claim began (sending_one.PUBLISH_WITHIN_SECONDS), waits
# 1 s to connect and 3 s for the answer, and writes rows every 5 s; the rest is for skewed clocks.
REAP_AFTER = timedelta(seconds=30)
NO_OUTCOME = "no_outcome_recorded"
OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class EarlierClaims:
    """Settles people whom this campaign has claimed before."""

    campaign_id: CampaignId
    ledger: MessageLedger
    opt_outs: ProviderOptOuts
    clock: Clock

    def settle(self, people: Iterable[Subscriber], tally: Tally) -> None:
        """Give each claimed person of `people` their fate; leave open whose claim is too young."""
        claimed = {
            person.standing.subscriber_key: person.standing.claims[self.campaign_id]
            for person in people
            if self.campaign_id in person.standing.claims
        }
        if not claimed:
            return
        for row in self._rows(claimed.items()):
            del claimed[row.subscriber_key]
            self._found(row, tally)
        oldest = self.clock.now() - REAP_AFTER
        for subscriber_key, claim in claimed.items():
            if claim.at < oldest:
                self._doubt(_row_in_doubt(subscriber_key, claim), tally)

    def _rows(self, claimed: Iterable[tuple[SubscriberKey, Claim]]) -> Sequence[LedgerRow]:
        return self.ledger.rows(
            [(key, sent_id(claim.at, self.campaign_id)) for key, claim in claimed]
        )

    def _doubt(self, row: LedgerRow, tally: Tally) -> None:
        if self.ledger.record_in_doubt(row):
            tally.found(row)
            return
        # The worker who wrote the claim has just recorded what became of it.
        for written in self.ledger.rows([(row.subscriber_key, row.sent_id)]):
            self._found(written, tally)

    def _found(self, row: LedgerRow, tally: Tally) -> None:
        if row.reason == OPTED_OUT:
            # The crash may have come between the carrier's refusal and its consent event.
            self.opt_outs.record(row.subscriber_key, None, row.sent_id)
        tally.found(row)


def _row_in_doubt(subscriber_key: SubscriberKey, claim: Claim) -> LedgerRow:
    """The words are left out: the profile may have changed since, and a guess is no evidence."""
    return LedgerRow(
        subscriber_key=subscriber_key,
        claimed_at=claim.at,
        purpose=Purpose.CAMPAIGN,
        outcome=Outcome.IN_DOUBT,
        body="",
        parts=0,
        campaign_id=claim.campaign_id,
        programme_id=claim.programme_id,
        reason=NO_OUTCOME,
    )

"""One batch, from planned candidates to fates: each person is claimed, then texted at most once.

The worker may die between any two lines. What it did is found again from claims and ledger rows by
whoever has the batch next, and nobody who was claimed before is ever texted by a later attempt.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.campaigns.guardrails import USUAL, Guardrails
from assent.campaigns.model import CampaignStatus, Fate
from assent.campaigns.sending_claims import EarlierClaims
from assent.campaigns.sending_one import Ended, Texting
from assent.campaigns.sending_record import BatchRecord
from assent.campaigns.sending_round import Halt, Round
from assent.campaigns.sending_status import StatusWatch, stands_back
from assent.campaigns.sending_tally import Tally
from assent.campaigns.sending_workers import workers_of
from assent.campaigns.words import Words
from assent.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from assent.audience.subscriber import Subscriber, SubscriberScan
    from assent.campaigns.allowance import Allowance
    from assent.campaigns.model import Batch, Campaign, CampaignStore, ClaimStore
    from assent.campaigns.personal_links import PersonalLinks
    from assent.campaigns.sending_opt_outs import ProviderOptOuts
    from assent.clock import Clock
    from assent.identifiers import CampaignId, Ids
    from assent.messages.ledger import MessageLedger, SmsSender
    from assent.messages.pace import Pace
    from assent.programmes.model import ProgrammeStore

# No text is begun so late that its claim, its answer and the last rows would not fit: 2 s to
# publish, 4 s for the answer, 4 s to write.
WIND_DOWN_SECONDS = 10.0
# A rest before the next attempt where only time helps: young claims, a carrier that throttles.
_REST_SECONDS = 5.0
# A text that misses its slots while another worker holds them all is tried again in seconds.
_PASSES = 3
_ACTOR = "guardrail"
_OPEN_SOON = frozenset({Ended.UNSETTLED, Ended.THROTTLED})


class SendStatus(StrEnum):
    """`unfinished`: call again soon. `later`: not before another round of the workflow."""

    DONE = "done"
    UNFINISHED = "unfinished"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends batches. `workers` is how many texts may be under way at a time; with 1 everything
    happens in the caller's thread, in the order of the batch."""

    campaigns: CampaignStore
    subscribers: SubscriberScan
    programmes: ProgrammeStore
    claims: ClaimStore
    ledger: MessageLedger
    sender: SmsSender
    pace: Pace
    opt_outs: ProviderOptOuts
    links: PersonalLinks
    clock: Clock
    ids: Ids
    workers: int = 1
    guardrails: Guardrails = USUAL
    allowance: Allowance | None = None

    def send(self, campaign_id: CampaignId, run: int, batch: Batch, deadline: float) -> SendStatus:
        """Bring the batch as far as possible before `deadline` (monotonic seconds).

        Whatever a port raises leaves the batch unfinished and is raised; calling again is safe.
        """
        previous = self.campaigns.batch(campaign_id, batch.batch_id)
        if previous is not None and previous.is_done:
            return SendStatus.DONE
        watch = StatusWatch(self.campaigns, self.clock, campaign_id)
        if stands_back(watch.campaign(), run) or self._paused_for_opt_outs(watch.campaign()):
            return SendStatus.LATER
        tally = Tally(batch, self.ledger, self.clock)
        try:
            status = self._attempt(watch, run, tally, deadline)
        finally:
            tally.flush()
        record = BatchRecord(
            self.campaigns,
            self.subscribers,
            self.ledger,
            self.clock,
            campaign_id,
            batch,
            previous,
        )
        claims = EarlierClaims(campaign_id, self.ledger, self.opt_outs, self.clock)
        return SendStatus.DONE if record.write(tally.result(), claims) else status

    def _paused_for_opt_outs(self, campaign: Campaign) -> bool:
        """Pause a campaign that drives too many people away; judged before each batch."""
        if campaign.status is not CampaignStatus.RUNNING:
            return False
        why = self.guardrails.too_many_opt_outs(self.campaigns.progress(campaign.campaign_id))
        if why is not None:
            pause(self.campaigns, self.clock, campaign.campaign_id, why)
        return why is not None

    def _attempt(self, watch: StatusWatch, run: int, tally: Tally, deadline: float) -> SendStatus:
        """Give as many people as possible their fate; return what to say of the others."""
        campaign = watch.campaign()
        people = self._unclaimed(campaign, tally)
        has_unsettled = len(tally.open) > len(people)
        reason = self._reason_to_settle(campaign)
        if reason is not None:
            return self._settle(people, tally, reason)
        halt, ended = self._text(people, watch, run, tally, deadline - WIND_DOWN_SECONDS)
        if halt is Halt.CANCELLED:
            return self._settle(self._unclaimed(campaign, tally), tally, "campaign_cancelled")
        if halt is Halt.FAILING:
            pause_failing(self.campaigns, self.clock, campaign.campaign_id, tally)
        why = _mended_by_people(halt, tally)
        if why is not None:
            pause(self.campaigns, self.clock, campaign.campaign_id, why)
            return SendStatus.LATER
        has_unsettled = has_unsettled or not _OPEN_SOON.isdisjoint(ended)
        return self._status_after(halt, has_unsettled=has_unsettled)

    def _text(
        self,
        people: Sequence[Subscriber],
        watch: StatusWatch,
        run: int,
        tally: Tally,
        stop_at: float,
    ) -> tuple[Halt, Set[Ended]]:
        """Give everybody a turn, and once more those whose text did not leave the first time."""
        planned_parts = tally.planned_parts
        for _ in range(_PASSES):
            texting_round = self._round(watch, run, tally, stop_at, planned_parts)
            halt = texting_round.text_all(people)
            ended = texting_round.workers.ended
            if halt is not Halt.FINISHED or Ended.UNSETTLED not in ended:
                break
            people, planned_parts = self._unclaimed(watch.campaign(), tally), 0
        return halt, ended

    def _status_after(self, halt: Halt, *, has_unsettled: bool) -> SendStatus:
        if halt in {Halt.FAILING, Halt.STOOD_BACK, Halt.DAY_SPENT}:
            return SendStatus.LATER
        if halt is Halt.FINISHED and not has_unsettled:
            # Only those are left for whom the calendar closed between planning and now.
            return SendStatus.LATER
        if halt is not Halt.OUT_OF_TIME:
            self.clock.sleep(_REST_SECONDS)
        return SendStatus.UNFINISHED

    def _unclaimed(self, campaign: Campaign, tally: Tally) -> Sequence[Subscriber]:
        """Settle those whom this campaign claimed before and those who are gone; return the rest,
        as a consistent read shows them now."""
        found = self.subscribers.by_keys(tally.open)
        for subscriber_key in tally.open:
            if subscriber_key not in found:
                tally.settle(subscriber_key, Fate.SUPPRESSED, "gone")
        people = [found[subscriber_key] for subscriber_key in tally.open]
        earlier = EarlierClaims(campaign.campaign_id, self.ledger, self.opt_outs, self.clock)
        earlier.settle(people, tally)
        return [p for p in people if campaign.campaign_id not in p.standing.claims]

    def _reason_to_settle(self, campaign: Campaign) -> str | None:
        """A campaign past its life is settled too: older claims than that may be forgotten."""
        if campaign.status is not CampaignStatus.RUNNING:
            return f"campaign_{campaign.status}"
        if self.clock.now() >= campaign.require_frozen().expires_at:
            return "campaign_expired"
        return None

    def _settle(self, unclaimed: Sequence[Subscriber], tally: Tally, reason: str) -> SendStatus:
        """Text nobody any more. Whoever is still open has a claim too young to be judged."""
        for person in unclaimed:
            tally.settle(person.standing.subscriber_key, Fate.CANCELLED, reason)
        if tally.open:
            self.clock.sleep(_REST_SECONDS)
        return SendStatus.UNFINISHED

    def _round(
        self, watch: StatusWatch, run: int, tally: Tally, stop_at: float, planned_parts: int
    ) -> Round:
        campaign = watch.campaign()
        programme = self.programmes.programme(campaign.definition.programme_id)
        return Round(
            texting=Texting(
                campaign,
                self.claims,
                self.sender,
                self.opt_outs,
                tally,
                self.clock,
                self.ids,
            ),
            words=Words.of(campaign, programme),
            links=self.links,
            watch=watch,
            pace=self.pace,
            workers=workers_of(self.workers),
            clock=self.clock,
            run=run,
            stop_at=stop_at,
            planned_parts=planned_parts,
            guardrails=self.guardrails,
            allowance=self.allowance,
        )


def _mended_by_people(halt: Halt, tally: Tally) -> str | None:
    """Return why the campaign waits for somebody: time alone will not let its texts go."""
    if tally.barred_by is not None:
        return f"the carrier takes nothing of this account: {tally.barred_by}"
    return "the month's spend limit is reached" if halt is Halt.MONTH_SPENT else None


def pause_failing(
    store: CampaignStore, clock: Clock, campaign_id: CampaignId, tally: Tally
) -> None:
    """Guardrail: pause a campaign whose texts the carrier fails."""
    failed, tried = tally.failures()
    pause(store, clock, campaign_id, f"{failed} of {tried} texts of a batch failed")


def pause(store: CampaignStore, clock: Clock, campaign_id: CampaignId, why: str) -> None:
    """Pause the campaign and log why; somebody else's change of status wins."""
    campaign = store.campaign(campaign_id)
    if campaign.status is not CampaignStatus.RUNNING:
        return
    with suppress(ChangedMeanwhileError):
        store.replace(
            replace(campaign, status=CampaignStatus.PAUSED), expected_version=campaign.version
        )
        store.log(campaign_id, clock.now(), _ACTOR, f"paused: {why}")

"""What a batch has come to, recorded at the end of each worker's attempt.

Two workers may have had the batch at once: one counted a person as cancelled whom the other was
just texting. Whoever records second finds that something else stands there than it began with,
counts the texts again from claims and ledger, and corrects the record: texts win over all else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.campaigns.model import BatchResult, Fate
from assent.campaigns.sending_tally import Tally
from assent.errors import TryAgainError

if TYPE_CHECKING:
    from assent.audience.subscriber import SubscriberScan
    from assent.campaigns.model import Batch, CampaignStore
    from assent.campaigns.sending_claims import EarlierClaims
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.messages.ledger import MessageLedger

_ATTEMPTS = 5
_TEXTED = (Fate.SENT, Fate.REFUSED, Fate.IN_DOUBT)
# Who is found to have been texted was counted as one of these, likeliest first.
_MISTAKEN = (Fate.CANCELLED, Fate.SUPPRESSED, Fate.NOT_RENDERABLE)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """Records one batch of one campaign. `previous` is what stood when the attempt began."""

    campaigns: CampaignStore
    subscribers: SubscriberScan
    ledger: MessageLedger
    clock: Clock
    campaign_id: CampaignId
    batch: Batch
    previous: BatchResult | None

    def write(self, mine: BatchResult, claims: EarlierClaims) -> bool:
        """Record the attempt's result; return whether the batch is done. Raises TryAgainError when
        others keep recording it."""
        previous, wanted = self.previous, mine
        for _ in range(_ATTEMPTS):
            now = self.clock.now()
            if self.campaigns.record_batch(self.campaign_id, wanted, now, previous):
                return wanted.is_done
            previous = self.campaigns.batch(self.campaign_id, self.batch.batch_id)
            is_over = previous is not None and previous.is_done and not mine.is_done
            known = previous if is_over and previous is not None else mine
            wanted = corrected(known, self._texts(claims))
        message = "The batch is being recorded by others."
        raise TryAgainError(message)

    def _texts(self, claims: EarlierClaims) -> BatchResult:
        """Return the fates that claims and ledger show, and no others."""
        fresh = Tally(self.batch, self.ledger, self.clock)
        found = self.subscribers.by_keys(fresh.open)
        claims.settle(found.values(), fresh)
        return fresh.result()


def corrected(known: BatchResult, texts: BatchResult) -> BatchResult:
    """Return `known` with the texts that it lacks, each taken from those counted otherwise."""
    fates, reasons = Counter(known.fates), Counter(known.reasons)
    doubtful = texts.fates.get(Fate.IN_DOUBT, 0)
    for fate in _TEXTED:
        lacking = texts.fates.get(fate, 0) - fates[fate]
        if lacking <= 0:
            continue
        fates[fate] += lacking
        # A late worker may have proved what was counted as in doubt; its ledger row says so.
        proved = min(lacking, max(0, known.fates.get(Fate.IN_DOUBT, 0) - doubtful))
        if fate is not Fate.IN_DOUBT and proved:
            _take(fates, reasons, proved, (Fate.IN_DOUBT,))
            doubtful += proved
            lacking -= proved
        if known.is_done:
            _take(fates, reasons, lacking, _MISTAKEN)
    for reason, people in texts.reasons.items():
        if reason.partition(":")[0] in _TEXTED:
            reasons[reason] = max(reasons[reason], people)
    return replace(
        known,
        fates=dict(+fates),
        reasons=dict(+reasons),
        parts_sent=max(known.parts_sent, texts.parts_sent),
    )


def _take(
    fates: Counter[Fate], reasons: Counter[str], people: int, from_: tuple[Fate, ...]
) -> None:
    for fate in from_:
        taken = min(people, fates[fate])
        fates[fate] -= taken
        people -= taken
        for reason in [each for each in reasons if each.startswith(f"{fate}:")]:
            less = min(taken, reasons[reason])
            reasons[reason] -= less
            taken -= less

"""When a campaign pauses by itself: it drives people away, or the carrier fails it.

Carriers look at complaints and opt-outs per sender and block those above a few per cent; a person
should look before they do. Small numbers prove nothing, so each rule waits for enough texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.campaigns.model import Progress

_ALL = 100


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Percentages of the texts sent, and from how many texts on each is judged. 0 % for opt-outs
    switches that rule off."""

    most_opt_outs_percent: int = 3
    opt_outs_after: int = 200
    most_failures_percent: int = 50
    failures_after: int = 20

    def too_many_opt_outs(self, progress: Progress) -> str | None:
        """Return why the campaign must pause for those who left, None if it need not."""
        sent, left = progress.sent, progress.opt_outs
        if not self.most_opt_outs_percent or sent < self.opt_outs_after:
            return None
        if left * _ALL <= sent * self.most_opt_outs_percent:
            return None
        return f"{left} of {sent} people texted opted out"

    def is_failing(self, failed: int, tried: int) -> bool:
        """Whether the carrier fails so many texts that no more should be begun."""
        return tried >= self.failures_after and failed * _ALL > tried * self.most_failures_percent


USUAL = Guardrails()

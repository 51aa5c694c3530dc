"""What the consent log is found to have lost stops all sending until somebody has looked.

Tables that were restored from a backup have forgotten the opt-outs since. The digests under Object
Lock have not: where the tables no longer follow them, nobody may be texted (fault O19).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.evidence.sealing import BrokenChainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.evidence.sealing import SealingReport


class SendingBrake(Protocol):
    """Stops every campaign at once."""

    def pull(self, why: str) -> None:
        """Stop all sending, if it is not stopped already. Raises TryAgainError."""
        ...


@dataclass(frozen=True, slots=True)
class AlarmBrake:
    """Pulls the brake when a sealing finds what must not be."""

    brake: SendingBrake

    def guard(self, seal: Callable[[], SealingReport]) -> SealingReport:
        """Return what `seal` reports. Raises what it raises, the brake being pulled first for a
        chain that the vault is ahead of."""
        try:
            report = seal()
        except BrokenChainError:
            self.brake.pull("the vault holds digests that our tables do not follow")
            raise
        if report.mismatches:
            self.brake.pull("stored histories are not what was sealed of them")
        return report

"""Both directions in one run: learn what the provider knows, then tell it what we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.provider_opt_outs.sweeping import Sweeping, Swept
    from assent.provider_opt_outs.telling import Teller, Telling

# Telling is what people wait for after START, so a long list never takes all the time.
_SHARE_OF_SWEEP = 0.6


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run found and did."""

    swept: Swept
    telling: Telling


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Brings the provider's opt-out list and our standings in step."""

    sweeping: Sweeping
    teller: Teller
    clock: Clock

    def reconcile(self, deadline: float) -> Reconciled:
        """Work until both are in step or `deadline` (monotonic seconds). Raises TryAgainError when
        the list or a store does not answer; what was done by then is kept."""
        now = self.clock.monotonic()
        swept = self.sweeping.sweep(now + _SHARE_OF_SWEEP * (deadline - now))
        return Reconciled(swept, self.teller.tell(deadline))

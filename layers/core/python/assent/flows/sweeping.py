"""The daily look over all subscribers: sign-ups, their anniversaries, and who was not seen lately.

It goes slice by slice, a few in each run, and remembers the next one; a slice that is looked at
twice enters nobody twice. Occasions count for three days, so a day that was missed is made up for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.flows.enrolling import occasion_of
from assent.flows.model import REPORTED, FlowStatus, Sweep

if TYPE_CHECKING:
    from assent.audience.subscriber import SubscriberScan
    from assent.clock import Clock
    from assent.flows.enrolling import Entering
    from assent.flows.model import Flow, FlowStore, SweepStore

# One slice is read within a minute.
_PEOPLE_PER_SLICE = 50_000


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Looks for occasions."""

    flows: FlowStore
    entering: Entering
    subscribers: SubscriberScan
    sweeps: SweepStore
    clock: Clock

    def sweep(self, stop_at: float) -> int:
        """Look at today's next slices until all are done or `stop_at` (monotonic seconds); return
        how many people entered a flow. Raises TryAgainError: the slice is looked at again."""
        flows = [each for each in self.flows.flows() if _is_looked_for(each)]
        entered = 0
        while flows and self.clock.monotonic() < stop_at:
            before = self.sweeps.sweep()
            current = self._today(before)
            if current.is_done:
                break
            entered += self._slice(flows, current)
            moved = replace(current, next_slice=current.next_slice + 1)
            if not self.sweeps.move(moved, before):
                break
        return entered

    def _today(self, known: Sweep) -> Sweep:
        day = self.clock.now().date().isoformat()
        if known.day >= day:
            return known
        return Sweep(day, 1 + self.subscribers.approximate_count() // _PEOPLE_PER_SLICE)

    def _slice(self, flows: list[Flow], sweep: Sweep) -> int:
        entered = 0
        for person in self.subscribers.slice(sweep.next_slice, sweep.slices):
            for flow in flows:
                at = occasion_of(flow, person, self.clock.now())
                if at is not None:
                    entered += self.entering.enter(flow, person, at)
        return entered


def _is_looked_for(flow: Flow) -> bool:
    return flow.status is FlowStatus.ACTIVE and flow.plan.trigger.occasion not in REPORTED

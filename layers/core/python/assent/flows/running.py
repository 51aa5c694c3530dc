"""A run over all that is due: flow by flow in turn, so that a large one does not starve the others.

The flow and the brake are looked at again every second, and once more by the sending of each text.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from assent.campaigns.sending import WIND_DOWN_SECONDS
from assent.campaigns.sending_status import MAX_AGE_SECONDS
from assent.errors import AssentError, ChangedMeanwhileError
from assent.flows.model import FlowStatus
from assent.flows.stepping import Stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assent.campaigns.allowance import DayCheck
    from assent.campaigns.model import CampaignStore
    from assent.clock import Clock
    from assent.flows.model import Enrolment, EnrolmentStore, Flow, FlowStore
    from assent.flows.stepping import Stepping
    from assent.identifiers import FlowId

_AT_ONCE = 4
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_ACTOR = "guardrail"


@dataclass(slots=True)
class _Reading:
    flow: Flow
    at: float


@dataclass(frozen=True, slots=True)
class Running:
    """Works through what is due, unless `day` says that the sender's is over. With one worker
    everything happens in the caller's thread."""

    flows: FlowStore
    enrolments: EnrolmentStore
    stepping: Stepping
    brakes: CampaignStore
    clock: Clock
    workers: int = 1
    day: DayCheck | None = None
    _readings: dict[FlowId, _Reading] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, deadline: float) -> Iterator[tuple[FlowId, Stepped | None]]:
        """Yield what came of each look until nothing is due or `deadline` (monotonic seconds) is
        near; None: it failed, and is looked at again by a later run. A pulled brake ends the run.
        """
        if self.brakes.brake() is not None or self._is_day_over():
            return
        self._readings.clear()
        queues = deque((flow, self._due(flow)) for flow in self.flows.flows() if _has_work(flow))
        outcomes: dict[FlowId, Counter[Stepped]] = {flow.flow_id: Counter() for flow, _ in queues}
        with ExitStack() as stack:
            mapped = self._map(stack)
            while queues and self.clock.monotonic() < deadline - 2 * WIND_DOWN_SECONDS:
                flow, due = queues.popleft()
                chunk = list(islice(due, _AT_ONCE * self.workers))
                if not chunk:
                    self._settle(flow)
                    continue
                for done in mapped(lambda each: self._step(each, deadline), chunk):
                    if done is not None:
                        outcomes[flow.flow_id][done] += 1
                    yield flow.flow_id, done
                if self._may_go_on(flow.flow_id, outcomes[flow.flow_id]):
                    queues.append((flow, due))

    def _is_day_over(self) -> bool:
        """Whether the sender's parts of today are used up: then everybody would be put off."""
        return self.day is not None and self.day.seconds_to_wait(self.clock.now()) > 0

    def _map(
        self, stack: ExitStack
    ) -> Callable[
        [Callable[[Enrolment], Stepped | None], Iterable[Enrolment]], Iterable[Stepped | None]
    ]:
        if self.workers == 1:
            return map
        return stack.enter_context(ThreadPoolExecutor(self.workers)).map

    def _due(self, flow: Flow) -> Iterator[Enrolment]:
        """An ended flow's people are all due: their ways end with it."""
        until = _FAR if flow.status is FlowStatus.ENDED else self.clock.now()
        return self.enrolments.due(flow.flow_id, until)

    def _step(self, enrolment: Enrolment, deadline: float) -> Stepped | None:
        flow = self._fresh(enrolment.flow_id)
        if flow is None:
            return Stepped.PUT_OFF
        try:
            return self.stepping.step(flow, enrolment, deadline)
        except AssentError:
            return None

    def _fresh(self, flow_id: FlowId) -> Flow | None:
        """Return the flow as it was a second ago at most, None while it rests."""
        with self._lock:
            now = self.clock.monotonic()
            known = self._readings.get(flow_id)
            if known is None or now - known.at >= MAX_AGE_SECONDS:
                known = _Reading(self.flows.flow(flow_id), now)
                if self.brakes.brake() is not None:
                    known.flow = replace(known.flow, status=FlowStatus.PAUSED)
                self._readings[flow_id] = known
        return known.flow if _has_work(known.flow) else None

    def _may_go_on(self, flow_id: FlowId, outcomes: Counter[Stepped]) -> bool:
        """Guardrail: a flow of whose texts most fail is paused, as a campaign would be."""
        failed = outcomes[Stepped.FAILED]
        tried = failed + outcomes[Stepped.SENT]
        if self.stepping.sending.guardrails.is_failing(failed, tried):
            pause(self.flows, self.clock, flow_id, f"{failed} of {tried} texts of a run failed")
            return False
        return self._fresh(flow_id) is not None

    def _settle(self, flow: Flow) -> None:
        if flow.status is FlowStatus.ENDED and self._is_empty(flow):
            with suppress(ChangedMeanwhileError):
                self.flows.replace(replace(flow, is_settled=True), expected_version=flow.version)

    def _is_empty(self, flow: Flow) -> bool:
        return next(self.enrolments.due(flow.flow_id, _FAR), None) is None


def pause(flows: FlowStore, clock: Clock, flow_id: FlowId, why: str) -> None:
    """Pause an active flow and say why; somebody else's change of it wins."""
    flow = flows.flow(flow_id)
    if flow.status is not FlowStatus.ACTIVE:
        return
    with suppress(ChangedMeanwhileError):
        flows.replace(replace(flow, status=FlowStatus.PAUSED), expected_version=flow.version)
        flows.log(flow_id, clock.now(), _ACTOR, f"paused: {why}")


def _has_work(flow: Flow) -> bool:
    is_draining = flow.status is FlowStatus.ENDED and not flow.is_settled
    return flow.status is FlowStatus.ACTIVE or (is_draining and flow.activated_at is not None)

"""Flows and people's ways through them in memory, with the same conditions as the real ones."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError, ChangedMeanwhileError, FlowNotFoundError
from assent.flows.model import FlowTotals, Sweep
from assent.identifiers import CampaignId
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from assent.flows.model import Counted, Enrolment, Flow
    from assent.identifiers import FlowId, SubscriberKey


class InMemoryFlows:
    """A `FlowStore`, an `EnrolmentStore` and a `SweepStore` over dictionaries."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._flows: dict[FlowId, Flow] = {}
        self._enrolments: dict[tuple[FlowId, SubscriberKey], Enrolment] = {}
        self._entered: Counter[FlowId] = Counter()
        self._ended: Counter[tuple[FlowId, str]] = Counter()
        # A campaign store adds up what texts come to, as it does for campaigns.
        self._texts = InMemoryCampaignStore()
        self._steps: dict[FlowId, set[int]] = {}
        self._records = 0
        self._leads: dict[CampaignId, tuple[FlowId, int]] = {}
        self._sweep = Sweep()
        self.decisions: list[tuple[FlowId, str, str]] = []

    def flow(self, flow_id: FlowId) -> Flow:
        with self._lock:
            try:
                return self._flows[flow_id]
            except KeyError:
                raise FlowNotFoundError(flow_id) from None

    def flows(self) -> Sequence[Flow]:
        with self._lock:
            found = list(self._flows.values())
        return sorted(found, key=lambda flow: (flow.created_at, flow.flow_id), reverse=True)

    def create(self, flow: Flow) -> None:
        with self._lock:
            if flow.flow_id in self._flows:
                raise AlreadyExistsError(flow.flow_id)
            self._flows[flow.flow_id] = flow

    def replace_flow(self, flow: Flow, expected_version: int) -> Flow:
        with self._lock:
            stored = self._flows.get(flow.flow_id)
            if stored is None or stored.version != expected_version:
                raise ChangedMeanwhileError(flow.flow_id)
            written = replace(flow, version=expected_version + 1)
            self._flows[flow.flow_id] = written
            return written

    def log(self, flow_id: FlowId, at: datetime, actor: str, decision: str) -> None:
        del at
        with self._lock:
            self.decisions.append((flow_id, actor, decision))

    def totals(self, flow_id: FlowId) -> FlowTotals:
        with self._lock:
            ended = {why: n for (of, why), n in self._ended.items() if of == flow_id}
            steps = {
                step: self._texts.progress(_counter(flow_id, step))
                for step in self._steps.get(flow_id, ())
            }
            return FlowTotals(self._entered[flow_id], ended, steps)

    def lead(self, campaign_id: CampaignId, flow_id: FlowId, step: int) -> None:
        with self._lock:
            self._leads[campaign_id] = (flow_id, step)

    def led(self, campaign_id: CampaignId) -> tuple[FlowId, int] | None:
        with self._lock:
            return self._leads.get(campaign_id)

    def enrolment(self, flow_id: FlowId, subscriber_key: SubscriberKey) -> Enrolment | None:
        with self._lock:
            return self._enrolments.get((flow_id, subscriber_key))

    def enrol(self, enrolment: Enrolment, before: Enrolment | None) -> bool:
        with self._lock:
            if not self._put(enrolment, before):
                return False
            self._entered[enrolment.flow_id] += 1
            return True

    def replace_enrolment(
        self, changed: Enrolment, before: Enrolment, counted: Counted | None
    ) -> bool:
        with self._lock:
            if not self._put(changed, before):
                return False
            if counted is None:
                return True
            if counted.result is not None and counted.at is not None:
                self._steps.setdefault(changed.flow_id, set()).add(counted.step)
                self._records += 1
                once = replace(counted.result, batch_id=f"r{self._records}")
                counter = _counter(changed.flow_id, counted.step)
                self._texts.record_batch(counter, once, counted.at)
            elif counted.ended is not None:
                self._ended[changed.flow_id, counted.ended] += 1
            return True

    def due(self, flow_id: FlowId, until: datetime) -> Iterator[Enrolment]:
        with self._lock:
            found = [
                (each.due_at, each.subscriber_key, each)
                for (of, _), each in self._enrolments.items()
                if of == flow_id and each.due_at is not None and each.due_at <= until
            ]
        yield from (each for *_, each in sorted(found, key=lambda row: row[:2]))

    def sweep(self) -> Sweep:
        with self._lock:
            return self._sweep

    def move(self, sweep: Sweep, before: Sweep) -> bool:
        with self._lock:
            if self._sweep != before:
                return False
            self._sweep = sweep
            return True

    def _put(self, enrolment: Enrolment, before: Enrolment | None) -> bool:
        place = (enrolment.flow_id, enrolment.subscriber_key)
        stored = self._enrolments.get(place)
        if (stored.version if stored else None) != (before.version if before else None):
            return False
        self._enrolments[place] = enrolment
        return True


class InMemoryFlowStore(InMemoryFlows):
    """A `FlowStore`."""

    def replace(self, flow: Flow, *, expected_version: int) -> Flow:
        return self.replace_flow(flow, expected_version)


class InMemoryEnrolmentStore:
    """The `EnrolmentStore` and `SweepStore` that share what `flows` counts."""

    def __init__(self, flows: InMemoryFlows) -> None:
        self.enrolment = flows.enrolment
        self.enrol = flows.enrol
        self.due = flows.due
        self.sweep = flows.sweep
        self.move = flows.move
        self._flows = flows

    def replace(
        self, changed: Enrolment, before: Enrolment, counted: Counted | None = None
    ) -> bool:
        return self._flows.replace_enrolment(changed, before, counted)


def _counter(flow_id: FlowId, step: int) -> CampaignId:
    return CampaignId(f"{flow_id}#{step}")

"""A small world for flows: the campaigns' people, carrier and stores, and one active flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assent.audience.engagement import Act, with_act
from assent.campaigns.model import Brake, Fate
from assent.flows.enrolling import Entering
from assent.flows.model import Flow, FlowStatus, FlowStep, Occasion, Plan, Trigger
from assent.flows.running import Running
from assent.flows.stepping import Stepped, Stepping
from assent.identifiers import FlowId
from tests.fakes.in_memory_flows import InMemoryEnrolmentStore, InMemoryFlowStore
from tests.unit.campaigns.faults import Faults, watched
from tests.unit.campaigns.world import NOON, OFFERS, World, key_of, phone_of

if TYPE_CHECKING:
    from assent.flows.model import Enrolment

FLOW = FlowId("f_1")
LONG_AGO = NOON - timedelta(days=40)


def plan(*hours: int, **changes: object) -> Plan:
    """Return a plan with a step after each of these hours."""
    steps = tuple(
        FlowStep(after, f"Example Shop: text {number}. Reply STOP to opt out")
        for number, after in enumerate(hours or (0, 24), 1)
    )
    made = Plan("Thanks", OFFERS, Trigger(Occasion.PURCHASE), steps)
    return replace(made, **changes)  # type: ignore[arg-type]


def active(flow_plan: Plan, flow_id: FlowId = FLOW, **changes: object) -> Flow:
    made = Flow(flow_id, flow_plan, FlowStatus.ACTIVE, LONG_AGO, "ada", activated_at=LONG_AGO)
    return replace(made, **changes)  # type: ignore[arg-type]


class FlowWorld(World):
    """`World` with a flow that people of number 0 and on may enter."""

    def __init__(self, people: int = 1, flow_plan: Plan | None = None) -> None:
        super().__init__(people)
        self.flows = InMemoryFlowStore()
        self.flows.create(active(flow_plan or plan()))
        self.enrolments = InMemoryEnrolmentStore(self.flows)
        self.entering = Entering(self.enrolments, self.clock)

    def enter(self, number: int = 0, at: datetime | None = None) -> bool:
        person = self.table.get(key_of(number))
        assert person is not None
        return self.entering.enter(self.flow, person, at or self.clock.now())

    def running(self, faults: Faults | None = None, *, workers: int = 1) -> Running:
        told = faults or Faults()
        flows = watched(self.flows, "flows", told)
        enrolments = watched(self.enrolments, "enrolments", told)
        sending = self.sending(told)
        stepping = Stepping(flows, enrolments, sending)
        return Running(flows, enrolments, stepping, self.campaigns, self.clock, workers)

    def run(self, faults: Faults | None = None, *, workers: int = 1) -> list[Stepped | None]:
        """Let one run of 280 s work; return what came of each look."""
        deadline = self.clock.monotonic() + 280
        return [done for _, done in self.running(faults, workers=workers).run(deadline)]

    def pass_days(self, days: float) -> list[Stepped | None]:
        """Let runs follow each other every five minutes of the hours that matter."""
        found: list[Stepped | None] = []
        end = self.clock.now() + timedelta(days=days)
        while self.clock.now() < end:
            found += self.run()
            self.clock.advance(timedelta(minutes=30))
        return found

    def act(self, number: int, act: Act, at: datetime | None = None) -> None:
        person = self.table.get(key_of(number))
        assert person is not None
        engagement = with_act(person.engagement, act, at or self.clock.now())
        self.table.put(replace(person, engagement=engagement))

    def set_flow(self, status: FlowStatus) -> None:
        flow = self.flow
        self.flows.replace(replace(flow, status=status), expected_version=flow.version)

    def pull_brake(self) -> None:
        self.campaigns.pull_brake(Brake(self.clock.now(), "ada"))

    @property
    def flow(self) -> Flow:
        return self.flows.flow(FLOW)

    def enrolment(self, number: int = 0) -> Enrolment:
        found = self.enrolments.enrolment(FLOW, key_of(number))
        assert found is not None
        return found

    def texts(self, number: int = 0) -> int:
        return len(self.carrier.published_at.get(phone_of(number).e164, []))

    def step_fates(self, step: int) -> dict[Fate, int]:
        return dict(self.flows.totals(FLOW).of_step(step).fates)

    @property
    def ended(self) -> dict[str, int]:
        return dict(self.flows.totals(FLOW).ended)

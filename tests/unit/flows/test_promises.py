"""Whatever happens in whatever order, nobody gets a step twice, and nothing after a STOP."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from assent.audience.engagement import Act
from assent.campaigns.model import Fate
from assent.flows.model import FlowStatus
from assent.messages.ledger import Outcome, SendResult
from tests.unit.campaigns.faults import CrashError, crash
from tests.unit.campaigns.world import key_of, phone_of
from tests.unit.flows.world import FLOW, FlowWorld, plan

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 2
ANSWERS = (Outcome.SENT, Outcome.REFUSED, Outcome.IN_DOUBT, Outcome.THROTTLED)
ACTS = st.one_of(
    st.tuples(st.just("run"), st.just(0), st.just(0)),
    st.tuples(st.just("crash"), st.integers(0, 40), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.integers(0, 40), st.just(0)),
    st.tuples(st.just("enter"), st.integers(0, PEOPLE - 1), st.just(0)),
    st.tuples(st.just("stop"), st.integers(0, PEOPLE - 1), st.just(0)),
    st.tuples(st.just("goal"), st.integers(0, PEOPLE - 1), st.just(0)),
    st.tuples(st.just("answer"), st.integers(0, PEOPLE - 1), st.integers(0, 3)),
    st.tuples(st.just("pause"), st.integers(0, 1), st.just(0)),
)


def act(world: FlowWorld, name: str, first: int, second: int) -> None:
    acts: dict[str, Callable[[], object]] = {
        "run": world.run,
        "crash": lambda: die(world, first, after=bool(second)),
        "wait": lambda: world.clock.advance(timedelta(hours=first)),
        "enter": lambda: world.enter(first),
        "stop": lambda: world.stop(first),
        "goal": lambda: world.act(first, Act.VISITED),
        "answer": lambda: answer(world, first, ANSWERS[second]),
        "pause": lambda: world.set_flow(FlowStatus.PAUSED if first else FlowStatus.ACTIVE),
    }
    acts[name]()


def die(world: FlowWorld, call: int, *, after: bool) -> None:
    with suppress(CrashError):
        world.run(crash(call, after=after))
    world.clock.advance(5)


def answer(world: FlowWorld, number: int, outcome: Outcome) -> None:
    message_id = "m-1" if outcome is Outcome.SENT else None
    result = SendResult(outcome, message_id, reason="told")
    world.carrier.answers.setdefault(phone_of(number).e164, []).append(result)


def check(world: FlowWorld) -> None:
    for number in range(PEOPLE):
        phone = phone_of(number).e164
        mine = [what for what, whose in world.acts if whose == phone]
        if "stop" in mine:
            assert "claim" not in mine[mine.index("stop") :], mine
        enrolment = world.enrolments.enrolment(FLOW, key_of(number))
        entries = enrolment.entry if enrolment else 0
        assert mine.count("publish") <= entries * len(world.flow.plan.steps), mine
    totals = world.flows.totals(FLOW)
    assert totals.under_way >= 0
    sent = sum(step.fates.get(Fate.SENT, 0) for step in totals.steps.values())
    assert sent <= len(world.carrier.bodies)


@given(st.lists(ACTS, max_size=25))
def test_no_order_of_acts_breaks_a_promise(acts: list[tuple[str, int, int]]) -> None:
    world = FlowWorld(PEOPLE, plan(0, 20, goal="visit", re_entry_days=45))
    for each in acts:
        act(world, *each)
        check(world)
    # With faults off, every way ends.
    world.carrier.answers.clear()
    world.set_flow(FlowStatus.ACTIVE)
    world.pass_days(3)
    world.clock.advance(timedelta(days=8))
    world.pass_days(2)
    assert world.flows.totals(FLOW).under_way == 0
    check(world)

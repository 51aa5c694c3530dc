"""A flow's texts follow the occasion, one by one, through all that a campaign's go through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assent.audience.engagement import Act
from assent.campaigns.allowance import Allowance, DayCheck
from assent.campaigns.model import Fate
from assent.campaigns.prices import price_list
from assent.consent.model import Hold
from assent.flows.model import FlowStatus
from assent.flows.stepping import Stepped
from assent.messages.ledger import Outcome, SendResult
from tests.fakes.in_memory_allowances import InMemoryAllowances
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.world import NOON, key_of, phone_of
from tests.unit.flows.world import FLOW, FlowWorld, plan

DAY = timedelta(days=1)


def test_each_step_is_texted_at_its_time_and_the_way_ends() -> None:
    world = FlowWorld(flow_plan=plan(0, 24, 48))
    assert world.enter()
    world.pass_days(4)
    assert world.carrier.bodies == [
        f"Example Shop: text {number}. Reply STOP to opt out" for number in (1, 2, 3)
    ]
    first, second, third = world.carrier.published_at[phone_of(0).e164]
    assert DAY <= second - first < DAY + timedelta(hours=1)
    assert 2 * DAY <= third - second < 2 * DAY + timedelta(hours=1)
    assert world.ended == {"completed": 1}
    assert [world.step_fates(step) for step in range(3)] == [{Fate.SENT: 1}] * 3
    totals = world.flows.totals(FLOW)
    assert (totals.entered, totals.under_way) == (1, 0)


def test_nothing_is_texted_before_it_is_due() -> None:
    world = FlowWorld(flow_plan=plan(2))
    world.enter()
    assert world.run() == []
    world.clock.advance(timedelta(hours=2))
    assert world.run() == [Stepped.SENT]


def test_a_text_that_falls_into_the_night_waits_for_the_morning() -> None:
    world = FlowWorld(flow_plan=plan(12))
    world.enter()
    world.clock.advance(timedelta(hours=12))  # midnight in New York
    assert world.run() == [Stepped.PUT_OFF]
    # New York opens at 8; the person's own calendar says when.
    assert world.enrolment().due_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    world.pass_days(1)
    (at,) = world.carrier.published_at[phone_of(0).e164]
    assert at >= datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def test_stop_between_two_steps_ends_the_way() -> None:
    world = FlowWorld()
    world.enter()
    world.run()
    world.stop(0)
    world.pass_days(2)
    assert world.texts() == 1
    assert world.ended == {"stopped": 1}
    assert world.step_fates(1) == {Fate.SUPPRESSED: 1}


def test_whoever_is_erased_meanwhile_is_texted_no_more() -> None:
    world = FlowWorld()
    world.enter()
    world.run()
    person = world.table.get(key_of(0))
    assert person is not None
    world.table.put(replace(person, standing=replace(person.standing, phone=None)))
    world.pass_days(2)
    assert (world.texts(), world.ended) == (1, {"gone": 1})


def test_a_goal_that_is_reached_ends_the_way_before_the_next_text() -> None:
    world = FlowWorld(flow_plan=plan(0, 24, goal="purchase"))
    world.act(0, Act.PURCHASED)
    world.enter()
    assert world.run() == [Stepped.SENT]
    world.clock.advance(timedelta(hours=1))
    world.act(0, Act.PURCHASED)
    world.pass_days(2)
    assert (world.texts(), world.ended) == (1, {"goal": 1})


def test_another_kind_of_behaviour_is_no_goal() -> None:
    world = FlowWorld(flow_plan=plan(0, 24, goal="purchase"))
    world.enter()
    world.run()
    world.clock.advance(timedelta(hours=1))
    world.act(0, Act.VISITED)
    world.pass_days(2)
    assert (world.texts(), world.ended) == (2, {"completed": 1})


def test_a_hold_lets_the_way_rest_and_lifting_it_lets_it_go_on() -> None:
    world = FlowWorld()
    world.enter()
    person = world.table.get(key_of(0))
    assert person is not None
    held = replace(person.standing, hold=Hold("unclear", NOON))
    world.table.put(replace(person, standing=held))
    assert world.run() == [Stepped.PUT_OFF]
    world.pass_days(0.5)
    assert world.texts() == 0
    world.table.put(person)
    world.pass_days(3)
    assert world.texts() == 2


def test_a_pause_of_the_persons_own_lasts_as_long_as_they_said() -> None:
    world = FlowWorld()
    world.enter()
    person = world.table.get(key_of(0))
    assert person is not None
    until = NOON + timedelta(days=2)
    world.table.put(replace(person, standing=replace(person.standing, paused_until=until)))
    assert world.run() == [Stepped.PUT_OFF]
    assert world.enrolment().due_at == until


def test_a_step_that_could_not_be_sent_for_a_week_is_left_out_and_the_next_one_follows() -> None:
    world = FlowWorld()
    world.enter()
    world.set_flow(FlowStatus.PAUSED)
    world.clock.advance(timedelta(days=8))
    world.set_flow(FlowStatus.ACTIVE)
    assert world.run() == [Stepped.LEFT_OUT]
    assert world.step_fates(0) == {Fate.CANCELLED: 1}
    world.pass_days(2)
    assert world.carrier.bodies == ["Example Shop: text 2. Reply STOP to opt out"]


def test_the_programmes_promise_holds_for_flows_and_campaigns_together() -> None:
    world = FlowWorld(flow_plan=plan(0, 24, 24, 24, 24, 24))
    world.enter()
    world.pass_days(8)
    assert world.texts() == 4
    assert world.step_fates(4) == {Fate.SUPPRESSED: 1}
    assert dict(world.flows.totals(FLOW).of_step(4).reasons) == {"suppressed:frequency_promise": 1}


def test_a_paused_flow_texts_nobody_and_goes_on_where_it_was() -> None:
    world = FlowWorld()
    world.enter()
    world.set_flow(FlowStatus.PAUSED)
    assert world.run() == []
    world.set_flow(FlowStatus.ACTIVE)
    assert world.run() == [Stepped.SENT]


def test_a_pulled_brake_stops_every_flow() -> None:
    world = FlowWorld()
    world.enter()
    world.pull_brake()
    assert world.run() == []
    assert world.texts() == 0


@pytest.mark.parametrize("act", ["pause", "brake"])
def test_a_pause_and_the_brake_act_within_a_run(act: str) -> None:
    world = FlowWorld(people=8)
    for number in range(8):
        world.enter(number)
    looks = world.running().run(world.clock.monotonic() + 280)
    assert next(looks) == (FLOW, Stepped.SENT)
    if act == "pause":
        world.set_flow(FlowStatus.PAUSED)
    else:
        world.pull_brake()
    world.clock.advance(1)
    assert Stepped.SENT not in [done for _, done in looks]
    assert sum(world.texts(number) for number in range(8)) == 1


def test_an_ended_flow_ends_the_ways_of_all_and_is_then_left_alone() -> None:
    world = FlowWorld(people=3)
    for number in range(3):
        world.enter(number)
    world.run()
    world.set_flow(FlowStatus.ENDED)
    assert world.run() == [Stepped.ENDED] * 3
    assert world.ended == {"flow_ended": 3}
    assert world.flow.is_settled
    assert world.run() == []


def test_a_flow_of_whose_texts_most_fail_is_paused_and_says_why() -> None:
    world = FlowWorld(people=30)
    for number in range(30):
        world.enter(number)
        failed = SendResult(Outcome.REFUSED, reason="InvalidParameter")
        world.carrier.answers[phone_of(number).e164] = [failed]
    world.run()
    assert world.flow.status is FlowStatus.PAUSED
    assert world.flows.decisions == [(FLOW, "guardrail", "paused: 20 of 20 texts of a run failed")]


def test_a_throttled_text_is_tried_again_by_a_later_run() -> None:
    world = FlowWorld()
    world.enter()
    world.carrier.answers[phone_of(0).e164] = [SendResult(Outcome.THROTTLED)] * 40
    assert world.run() == [Stepped.PUT_OFF]
    world.carrier.answers.clear()
    world.pass_days(0.1)
    assert world.texts() == 1


def test_two_runs_at_once_text_once() -> None:
    world = FlowWorld(people=4)
    for number in range(4):
        world.enter(number)
    deadline = world.clock.monotonic() + 280
    first, second = world.running().run(deadline), world.running().run(deadline)
    done = [next(run, None) for _ in range(6) for run in (first, second)]
    assert [world.texts(number) for number in range(4)] == [1] * 4
    assert Stepped.OVERTAKEN in [each[1] for each in done if each]


def test_several_threads_text_each_once() -> None:
    world = FlowWorld(people=12)
    for number in range(12):
        world.enter(number)
    assert world.run(workers=4).count(Stepped.SENT) == 12
    assert [world.texts(number) for number in range(12)] == [1] * 12


@pytest.mark.parametrize("people", [1, 5])
def test_an_account_that_the_carrier_bars_pauses_the_flow_and_nobody_is_lost(people: int) -> None:
    world = FlowWorld(people=people)
    barred = SendResult(Outcome.THROTTLED, reason="ACCOUNT_DISABLED", is_account_wide=True)
    for number in range(people):
        world.enter(number)
        world.carrier.answers[phone_of(number).e164] = [barred]
    world.run()
    assert world.flow.status is FlowStatus.PAUSED
    why = "paused: the carrier takes nothing of this account: ACCOUNT_DISABLED"
    assert (FLOW, "guardrail", why) in world.flows.decisions
    world.carrier.answers.clear()
    world.set_flow(FlowStatus.ACTIVE)
    world.pass_days(0.1)
    assert [world.texts(number) for number in range(people)] == [1] * people


def test_the_senders_day_bounds_flows_too_and_the_rest_follows_the_day_after() -> None:
    world = FlowWorld(people=5, flow_plan=plan(0))
    for number in range(5):
        world.enter(number)
    store = InMemoryAllowances()
    limit = Allowance(store, world.clock, "me", price_list(), parts_per_day=3)
    running = world.running()
    stepping = replace(running.stepping, sending=replace(running.stepping.sending, allowance=limit))
    running = replace(running, stepping=stepping, day=DayCheck(store, "me", 3))
    done = [each for _, each in running.run(world.clock.monotonic() + 280)]
    assert (done.count(Stepped.SENT), done.count(Stepped.PUT_OFF)) == (3, 2)
    assert list(running.run(world.clock.monotonic() + 280)) == []
    world.clock.advance(DAY)
    done = [each for _, each in running.run(world.clock.monotonic() + 280)]
    assert done == [Stepped.SENT] * 2


def _calls(**changes: object) -> int:
    world, faults = FlowWorld(**changes), Faults()  # type: ignore[arg-type]
    world.enter()
    world.run(faults)
    return len(faults.calls)


@pytest.mark.parametrize("at", range(_calls()))
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_a_crash_at_any_call_loses_no_text_and_sends_none_twice(
    at: int, *, is_before: bool
) -> None:
    world = FlowWorld()
    world.enter()
    faults = crash(at, after=not is_before)
    with pytest.raises(CrashError):
        world.run(faults)
    world.clock.advance(timedelta(minutes=5))
    world.pass_days(3)
    sent = world.texts()
    ledgered = [world.step_fates(step) for step in range(2)]
    assert all(sum(fates.values()) == 1 for fates in ledgered), ledgered
    known = sum(fates.get(Fate.SENT, 0) + fates.get(Fate.IN_DOUBT, 0) for fates in ledgered)
    assert known == 2
    assert sent <= 2
    assert len(set(world.carrier.bodies)) == len(world.carrier.bodies)
    assert world.ended == {"completed": 1}

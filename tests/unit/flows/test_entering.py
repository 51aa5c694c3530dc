"""Who enters a flow: once per occasion, with consent, and again only after the flow's interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from assent.audience.engagement import Act
from assent.consent.model import Consent, ConsentStatus
from assent.flows.enrolling import Entering, Reporting, occasion_of
from assent.flows.model import FlowStatus, Occasion, Sweep, Trigger
from assent.flows.sweeping import Sweeping
from assent.identifiers import FlowId
from tests.unit.campaigns.world import NOON, OFFERS, key_of, person
from tests.unit.flows.world import FLOW, LONG_AGO, FlowWorld, active, plan

if TYPE_CHECKING:
    from assent.audience.subscriber import Subscriber

DAY = timedelta(days=1)


def signed_up(at: datetime, number: int = 0) -> Subscriber:
    consent = Consent(ConsentStatus.CONFIRMED, 1, at)
    return person(number, consents=MappingProxyType({OFFERS: consent}))


def waiting_for(occasion: Occasion, days: int | None = None) -> FlowWorld:
    return FlowWorld(flow_plan=plan(1, trigger=Trigger(occasion, days)))


def test_one_occasion_told_twice_enters_once() -> None:
    world = FlowWorld()
    assert world.enter()
    assert not world.enter()
    assert world.flows.totals(FLOW).entered == 1


def test_nobody_enters_again_who_may_never() -> None:
    world = FlowWorld(flow_plan=plan(0))
    world.enter()
    world.run()
    world.clock.advance(400 * DAY)
    assert not world.enter()


@pytest.mark.parametrize(("after", "may"), [(44, False), (60, False), (61, True)])
def test_people_enter_again_after_the_flows_interval(after: int, *, may: bool) -> None:
    world = FlowWorld(flow_plan=plan(0, re_entry_days=61))
    world.enter()
    world.run()
    world.clock.advance(after * DAY)
    assert world.enter() is may
    world.run()
    assert world.texts() == 1 + may


def test_nobody_enters_a_second_time_while_still_under_way() -> None:
    world = FlowWorld(flow_plan=plan(24 * 100, re_entry_days=45))
    world.enter()
    world.clock.advance(60 * DAY)
    assert not world.enter()


@pytest.mark.parametrize(
    "changes",
    [
        {"stopped_at": NOON},
        {"restricted_at": NOON},
        {"consents": MappingProxyType({})},
        {"consents": MappingProxyType({OFFERS: Consent(ConsentStatus.WITHDRAWN, 2, NOON)})},
        {"phone": None},
    ],
    ids=["stopped", "restricted", "never_asked", "withdrawn", "erased"],
)
def test_nobody_enters_without_consent(changes: dict[str, object]) -> None:
    world = FlowWorld()
    world.table.put(person(0, **changes))
    assert not world.enter()


@pytest.mark.parametrize("status", [FlowStatus.DRAFT, FlowStatus.PAUSED, FlowStatus.ENDED])
def test_nobody_enters_a_flow_that_is_not_active(status: FlowStatus) -> None:
    world = FlowWorld()
    world.set_flow(status)
    assert not world.enter()


@pytest.mark.parametrize(
    ("ago", "may"), [(timedelta(days=2), True), (timedelta(days=4), False)], ids=["fresh", "old"]
)
def test_an_occasion_reported_late_counts_for_three_days(ago: timedelta, *, may: bool) -> None:
    assert FlowWorld().enter(at=NOON - ago) is may


def test_what_happened_before_activation_starts_nothing() -> None:
    world = FlowWorld()
    flow = replace(world.flow, activated_at=NOON)
    world.flows.replace(flow, expected_version=flow.version)
    assert not world.enter(at=NOON - timedelta(hours=1))


def test_a_reported_purchase_enters_the_flows_that_wait_for_it_and_no_other() -> None:
    world = FlowWorld()
    visits = plan(1, trigger=Trigger(Occasion.VISIT))
    world.flows.create(active(visits, FlowId("f_2")))
    reporting = Reporting(world.flows, world.entering, world.table.get, world.clock)
    assert reporting.reported(key_of(0), "purchase", None) == 1
    assert reporting.reported(key_of(0), "purchase", None) == 0
    assert world.flows.totals(FLOW).entered == 1
    assert world.flows.totals(FlowId("f_2")).entered == 0
    assert reporting.reported(key_of(99), "purchase", None) == 0


@pytest.mark.parametrize(
    ("occasion", "since", "now", "at"),
    [
        (Occasion.SIGN_UP, NOON - DAY, NOON, NOON - DAY),
        (Occasion.SIGN_UP, NOON - 4 * DAY, NOON, None),
        (Occasion.ANNIVERSARY, NOON.replace(year=2024), NOON + DAY, NOON),
        (Occasion.ANNIVERSARY, NOON, NOON + DAY, None),
        (
            Occasion.ANNIVERSARY,
            datetime(2024, 2, 29, 9, tzinfo=UTC),
            datetime(2027, 3, 1, tzinfo=UTC),
            datetime(2027, 2, 28, 9, tzinfo=UTC),
        ),
        (
            Occasion.ANNIVERSARY,
            datetime(2024, 12, 31, 9, tzinfo=UTC),
            datetime(2027, 1, 2, tzinfo=UTC),
            datetime(2026, 12, 31, 9, tzinfo=UTC),
        ),
        (Occasion.PURCHASE, NOON - DAY, NOON, None),
    ],
    ids=["new", "not_new", "two_years", "first_day", "leap_day", "new_year", "reported"],
)
def test_what_is_looked_for_is_found_at_its_instant(
    occasion: Occasion, since: datetime, now: datetime, at: datetime | None
) -> None:
    flow = active(plan(1, trigger=Trigger(occasion)), activated_at=LONG_AGO)
    assert occasion_of(flow, signed_up(since), now) == at


def test_inactivity_counts_from_the_last_act_of_the_persons_own() -> None:
    world = waiting_for(Occasion.INACTIVITY, 30)
    world.act(0, Act.VISITED, NOON - 31 * DAY)
    world.act(0, Act.SENT, NOON - DAY)
    found = world.table.get(key_of(0))
    assert found is not None
    assert occasion_of(world.flow, found, NOON) == NOON - DAY
    world.act(0, Act.CLICKED, NOON - 2 * DAY)
    found = world.table.get(key_of(0))
    assert found is not None
    assert occasion_of(world.flow, found, NOON) is None


def sweeping(world: FlowWorld) -> Sweeping:
    entering = Entering(world.enrolments, world.clock)
    return Sweeping(world.flows, entering, world.scan, world.enrolments, world.clock)


def test_the_daily_look_enters_everybody_once_and_is_done_for_the_day() -> None:
    world = waiting_for(Occasion.SIGN_UP)
    for number in range(5):
        world.table.put(signed_up(NOON - timedelta(hours=number), number))
    world.table.put(signed_up(NOON - 9 * DAY, 5))
    stop_at = world.clock.monotonic() + 60
    assert sweeping(world).sweep(stop_at) == 5
    assert sweeping(world).sweep(stop_at) == 0
    assert world.enrolments.sweep().is_done
    world.clock.advance(DAY)
    assert sweeping(world).sweep(world.clock.monotonic() + 60) == 0
    assert world.enrolments.sweep() == Sweep("2026-11-24", 1, 1)
    assert world.flows.totals(FLOW).entered == 5


def test_nobody_is_looked_at_while_no_flow_waits() -> None:
    world = FlowWorld()
    assert sweeping(world).sweep(world.clock.monotonic() + 60) == 0
    assert world.enrolments.sweep() == Sweep()

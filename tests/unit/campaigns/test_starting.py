"""A start that is put off: not before its time, not after a cancel, and at each person's place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assent.campaigns.model import CampaignStatus, LaunchOrder, QuietHours
from assent.campaigns.service import Launch
from assent.campaigns.starting import first_instant, own_instant
from assent.errors import InputError
from assent.law.zones import Basis, Whereabouts
from tests.unit.campaigns.test_planning import Plan
from tests.unit.campaigns.test_preparing import drafted, preparing
from tests.unit.campaigns.test_service import House
from tests.unit.campaigns.world import CAMPAIGN, NOON, definition, person

Status = CampaignStatus
TOMORROW = NOON + timedelta(days=1)
TEN = datetime.fromisoformat("2026-11-27T10:00")


def waiting() -> House:
    house = House()
    house.holds(Status.REHEARSED, run=0, frozen=None, execution_id=None)
    house.service.launch(CAMPAIGN, "ada", Launch(start_at=TOMORROW))
    return house


def test_a_start_that_is_put_off_waits_in_a_schedule() -> None:
    house = waiting()
    assert (house.campaign.status, house.schedules.wanted) == (
        Status.SCHEDULED,
        {CAMPAIGN: TOMORROW},
    )
    assert house.workflow.started == {}
    assert house.reaping.reap() == []


def test_another_time_takes_the_place_of_the_first() -> None:
    house = waiting()
    later = TOMORROW + timedelta(hours=1)
    house.service.launch(CAMPAIGN, "ada", Launch(start_at=later))
    assert house.schedules.wanted == {CAMPAIGN: later}
    house.service.launch(CAMPAIGN, "ada")
    assert house.schedules.wanted == {CAMPAIGN: later}


def test_a_cancel_forgets_the_schedule() -> None:
    house = waiting()
    house.service.cancel(CAMPAIGN, "ada")
    assert house.schedules.wanted == {}


def test_a_start_that_the_schedule_missed_is_made_up_for() -> None:
    house = waiting()
    house.clock.advance(86_400 + 299)
    assert house.reaping.reap() == []
    house.clock.advance(2)
    assert house.reaping.reap() == [CAMPAIGN]


def test_a_paused_wait_is_resumed_as_a_wait() -> None:
    house = waiting()
    house.service.pause(CAMPAIGN, "ada")
    house.schedules.remove(CAMPAIGN)
    assert house.service.resume(CAMPAIGN, "ada").status is Status.SCHEDULED
    assert house.schedules.wanted == {CAMPAIGN: TOMORROW}


@pytest.mark.parametrize("at", [NOON, NOON - timedelta(1), NOON + timedelta(91)])
def test_a_start_lies_in_the_near_future(at: datetime) -> None:
    house = House()
    house.holds(Status.REHEARSED, run=0, frozen=None, execution_id=None)
    with pytest.raises(InputError):
        house.service.launch(CAMPAIGN, "ada", Launch(start_at=at))
    assert house.campaign.status is Status.REHEARSED


def test_an_execution_before_the_time_or_after_a_cancel_does_nothing() -> None:
    world = drafted()
    ordered = replace(world.campaign, order=LaunchOrder("ada", NOON, start_at=TOMORROW))
    world.campaigns.replace(ordered, expected_version=1)
    assert not preparing(world).prepare(CAMPAIGN, "early").proceed
    assert world.campaign.status is Status.SCHEDULED
    world.clock.advance(86_400)
    assert preparing(world).prepare(CAMPAIGN, "due").proceed
    cancelled = drafted(Status.CANCELLED)
    assert not preparing(cancelled).prepare(CAMPAIGN, "late").proceed


# At each person's place


def where(*zones: str) -> Whereabouts:
    return Whereabouts(("DEFAULT",), zones, Basis.NUMBER)


def test_a_time_of_day_begins_where_it_comes_first() -> None:
    assert first_instant(TEN) == datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zones", "hour"),
    [(["America/New_York"], 15), (["America/New_York", "America/Los_Angeles"], 18), ([], 0)],
    ids=["one", "the later of two", "nowhere"],
)
def test_the_last_zone_that_may_be_the_persons_decides(zones: list[str], hour: int) -> None:
    begin = datetime(2026, 11, 27, tzinfo=UTC)
    assert own_instant(TEN, where(*zones), begin) == begin + timedelta(hours=hour)


def test_of_an_hour_that_comes_twice_the_second_counts() -> None:
    begin = datetime(2026, 10, 25, tzinfo=UTC)
    twice = datetime.fromisoformat("2026-10-25T02:30")
    found = own_instant(twice, where("Europe/Berlin"), begin)
    assert found == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("quiet_hours", QuietHours)
def test_each_zone_gets_a_window_of_its_own(quiet_hours: QuietHours) -> None:
    order = LaunchOrder("ada", NOON, start_at=NOON, local_time="2026-11-24T11:00:00")
    words = definition(quiet_hours=quiet_hours, quiet_hours_reason="a reason")
    plan = Plan(4, order=order, definition=words)
    for number, zone in enumerate(["America/Los_Angeles", "America/New_York"] * 2):
        plan.world.table.put(replace(person(number), profile={"time_zone": zone}))
    made = plan.make()
    opened = [release.release_at for release in made.releases]
    assert opened == [
        datetime(2026, 11, 24, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 19, 0, tzinfo=UTC),
    ]

"""Asked for any instant of the past, the history answers what was so, or what was known, then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.consent.policy import PENDING_FOR
from assent.evidence.history import AsOf, HistoryService, fold
from assent.identifiers import ProgrammeId
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.consent.people import ALERTS, KEY, OFFERS, PHONE, World

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (ALERTS, OFFERS)
Report = dict[ProgrammeId, tuple[ConsentStatus, bool, bool]]


@dataclass(frozen=True)
class Act:
    """What somebody does, how many minutes after the last act, and how late it is heard of."""

    name: str
    after: int
    late: int = 0


ACTS: dict[str, Callable[[World, datetime], object]] = {
    "ask offers": lambda world, _: world.ask(OFFERS),
    "ask alerts": lambda world, _: world.ask(ALERTS),
    "code offers": lambda world, _: world.enter_code(OFFERS),
    "code alerts": lambda world, _: world.enter_code(ALERTS),
    "yes": lambda world, at: world.yes(at),
    "start": lambda world, at: world.start(at),
    "stop": lambda world, at: world.stop(at),
    "provider": lambda world, at: world.stop(at, source=Source.PROVIDER),
    "leave offers": lambda world, _: world.stop(source=Source.FORM, programme_ids=(OFFERS,)),
    "expire": lambda world, _: [world.service.expire(KEY, name) for name in NAMES],
    "hold": lambda world, _: world.service.hold(KEY, PHONE, "unclear", {}, None),
    "release": lambda world, _: world.service.release(KEY, "staff"),
}
BY_TEXT = ("yes", "start", "stop", "provider")


def acts(latest: int) -> st.SearchStrategy[list[Act]]:
    gaps = st.sampled_from([1, 9, 11, 600, int(PENDING_FOR.total_seconds() // 60)])
    one = st.builds(Act, st.sampled_from(sorted(ACTS)), gaps, st.integers(0, latest))
    return st.lists(one, min_size=1, max_size=12)


def lived(story: list[Act]) -> tuple[World, dict[datetime, Report]]:
    """Return the world after these acts, and what the service said after each."""
    world, said = World(), {}
    for act in story:
        now = world.later(minutes=act.after)
        late = act.late if act.name in BY_TEXT else 0
        ACTS[act.name](world, now - timedelta(minutes=late))
        said[world.clock.now()] = {name: report(world, name) for name in NAMES}
        world.later(minutes=1)
        said[world.clock.now()] = {name: report(world, name) for name in NAMES}
    return world, said


def report(world: World, name: ProgrammeId) -> tuple[ConsentStatus, bool, bool]:
    """What the live service says now: status, stopped, held; what nobody answered is over."""
    standing = world.store.standing(KEY)
    if standing is None:
        return ConsentStatus.NONE, False, False
    status, request = standing.status_of(name), world.store.open_request(KEY, name)
    if status is ConsentStatus.PENDING and request and request.expires_at <= world.clock.now():
        status = ConsentStatus.EXPIRED
    return status, standing.stopped_at is not None, standing.hold is not None


def answers(world: World, instant: datetime, *, as_known: bool) -> Report:
    entries = HistoryService(world.store, LocalPhoneKeys()).history(PHONE)
    found = {name: fold(entries, name, AsOf(instant, as_known)) for name in NAMES}
    return {name: (each.status, each.stopped, each.held) for name, each in found.items()}


@given(acts(latest=0))
def test_in_order_any_instant_answers_what_was_reported_then(story: list[Act]) -> None:
    world, said = lived(story)
    for instant, reported in said.items():
        assert answers(world, instant, as_known=False) == reported
        assert answers(world, instant, as_known=True) == reported


@given(acts(latest=900))
def test_out_of_order_any_instant_still_knows_what_was_reported_then(story: list[Act]) -> None:
    world, said = lived(story)
    for instant, reported in said.items():
        assert answers(world, instant, as_known=True) == reported


@given(acts(latest=900))
def test_out_of_order_what_is_true_now_is_what_is_known_now(story: list[Act]) -> None:
    world, _ = lived(story)
    now = world.clock.now()
    assert answers(world, now, as_known=False) == answers(world, now, as_known=True)


@given(acts(latest=900), st.integers(0, 4000))
def test_what_was_true_at_an_instant_is_the_fold_of_what_was_done_by_then(
    story: list[Act], minutes: int
) -> None:
    """Told by texts alone: who was stopped at an instant, whatever order it was heard in."""
    told = [a for a in story if a.name in (*BY_TEXT, "hold")]
    world = World()
    start, done = world.clock.now(), []
    for act in told:
        at = world.later(minutes=act.after) - timedelta(minutes=act.late)
        ACTS[act.name](world, at)
        if act.name != "hold":
            done.append((at, act.name in ("stop", "provider")))
    instant = min(start + timedelta(minutes=minutes), world.clock.now())
    by_then = sorted(each for each in done if each[0] <= instant)
    expected = bool(by_then) and by_then[-1][1]
    found = answers(world, instant, as_known=False)
    assert {stopped for _, stopped, _ in found.values()} == {expected}


@given(acts(latest=900))
def test_the_deciding_event_is_one_of_those_that_changed_the_answer(story: list[Act]) -> None:
    world, said = lived(story)
    entries = HistoryService(world.store, LocalPhoneKeys()).history(PHONE)
    for instant in said:
        for name in NAMES:
            found = fold(entries, name, AsOf(instant))
            assert (found.decided_by is None) == (found.status is ConsentStatus.NONE)
            assert found.decided_by is None or found.decided_by in found.events
            again = fold(found.events, name, AsOf(instant))
            assert (again.status, again.stopped) == (found.status, found.stopped)


class TestWhatWasTrueAndWhatWasKnown:
    """A STOP of 12:10 that the carrier hands over at 12:40."""

    @pytest.fixture
    def world(self) -> World:
        world = World()
        world.confirmed_to(OFFERS)
        stopped_at = world.later(minutes=8)
        world.later(minutes=30)
        world.stop(stopped_at)
        world.later(minutes=20)
        return world

    @pytest.mark.parametrize(
        ("minutes_ago", "is_true", "is_known"),
        [
            (51, "confirmed", "confirmed"),
            (50, "withdrawn", "confirmed"),
            (21, "withdrawn", "confirmed"),
            (20, "withdrawn", "withdrawn"),
        ],
    )
    def test_between_the_two_they_differ(
        self, world: World, minutes_ago: int, is_true: str, is_known: str
    ) -> None:
        instant = world.clock.now() - timedelta(minutes=minutes_ago)
        assert answers(world, instant, as_known=False)[OFFERS][0] == is_true
        assert answers(world, instant, as_known=True)[OFFERS][0] == is_known

    def test_the_events_tell_the_whole_way(self, world: World) -> None:
        entries = HistoryService(world.store, LocalPhoneKeys()).history(PHONE)
        found = fold(entries, OFFERS, AsOf(world.clock.now()))
        assert [e.event.type for e in found.events] == ["requested", "confirmed", "withdrawn"]
        assert found.decided_by == found.events[-1]


def test_an_expiry_is_decided_by_its_event_once_there_is_one() -> None:
    world = World()
    world.ask(OFFERS)
    over_at = world.clock.now() + PENDING_FOR
    world.later(hours=80)
    world.service.expire(KEY, OFFERS)
    entries = HistoryService(world.store, LocalPhoneKeys()).history(PHONE)
    before, after = (fold(entries, OFFERS, AsOf(at)) for at in (over_at, world.clock.now()))
    assert (before.status, after.status) == (ConsentStatus.EXPIRED, ConsentStatus.EXPIRED)
    assert [each.decided_by.event.type for each in (before, after) if each.decided_by] == [
        "requested",
        "expired",
    ]

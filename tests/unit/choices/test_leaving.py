"""What the unsubscribe link stops, and that it only ever stops."""

from __future__ import annotations

import threading

import pytest

from assent.choices.leaving import stop
from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from tests.unit.choices.people import VISITOR, Home
from tests.unit.consent.people import ALERTS, KEY, OFFERS


def test_there_is_a_choice_only_where_there_are_two_programmes() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    assert not home.leaving.look(home.exit()).is_choice
    home.confirmed_to(ALERTS)
    assert home.leaving.look(home.exit()).is_choice
    home.leaving.leave(home.exit(), VISITOR, only_this=True)
    assert not home.leaving.look(home.exit()).is_choice


def test_leaving_one_programme_leaves_the_others_on() -> None:
    home = Home()
    home.confirmed_to(OFFERS, ALERTS)
    found, is_new = home.leaving.leave(home.exit(), VISITOR, only_this=True)
    assert (found.active, found.is_stopped, is_new) == ((ALERTS,), False, True)
    assert home.leaving.leave(home.exit(), VISITOR, only_this=True)[1] is False
    assert home.types.count(EventType.WITHDRAWN) == 1


def test_leaving_all_stops_the_brand_also_where_nothing_was_on() -> None:
    home = Home()
    home.ask()
    found, is_new = home.leaving.leave(home.exit(), VISITOR)
    assert (found.active, found.is_stopped, is_new) == ((), True, True)
    assert home.status() is ConsentStatus.WITHDRAWN


def test_a_number_never_seen_can_be_stopped() -> None:
    home = Home()
    assert stop(home.service, KEY, VISITOR, None)
    assert home.standing.stopped_at is not None


def test_the_link_works_again_each_time_the_person_came_back() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.exit()
    for _ in range(3):
        home.later(minutes=1)
        assert home.leaving.leave(token, VISITOR)[1]
        home.later(minutes=1)
        home.start()
        assert home.status() is ConsentStatus.CONFIRMED


@pytest.mark.parametrize("names", [None, [OFFERS]], ids=["all", "one"])
def test_presses_at_the_same_moment_are_one_event(names: list[object] | None) -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    service = home.service
    together = threading.Barrier(4)
    found: list[bool] = []

    def press() -> None:
        together.wait()
        found.append(stop(service, KEY, VISITOR, names))  # type: ignore[arg-type]

    threads = [threading.Thread(target=press) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [False, False, False, True]
    assert home.types.count(EventType.WITHDRAWN) == 1


def test_an_expired_link_stops_nothing() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.exit()
    home.later(days=400)
    found, is_new = home.leaving.leave(token, VISITOR)
    assert (found.is_expired, is_new) == (True, False)
    assert home.status() is ConsentStatus.CONFIRMED

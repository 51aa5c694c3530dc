"""Wishes narrow and are recorded; a link shows data only while its own sign-up lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.choices.own_data import is_same_sign_up
from assent.choices.wishes import Wishes, pause_end
from assent.consent.events import EventType, Source
from assent.consent.restricting import Restricting
from assent.errors import LinkNotFoundError, SubscriberNotFoundError
from tests.unit.choices.people import VISITOR, Home
from tests.unit.consent.people import ALERTS, KEY, OFFERS

if TYPE_CHECKING:
    from collections.abc import Callable

SOON = date(2026, 12, 24)


def test_a_pause_ends_when_its_day_has_begun_everywhere() -> None:
    assert pause_end(SOON) == datetime(2026, 12, 24, 12, tzinfo=UTC)


def test_only_what_is_new_is_written() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token, wishes = home.own_page(), Wishes(("shared",), 3, SOON, "fr-CA")
    changed = home.own.change(token, wishes, VISITOR)
    assert changed == ("locale", "max_per_month", "paused_until", "topics")
    assert home.own.change(token, wishes, VISITOR) == ()
    assert home.own.change(token, Wishes(max_per_month=2, paused_until=SOON), VISITOR) == (
        "max_per_month",
    )
    assert home.types.count(EventType.PREFERENCES_CHANGED) == 2
    assert home.own.look(token).profile.max_per_month == 2


def test_a_pause_that_is_over_is_none() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.own_page()
    home.own.change(token, Wishes(paused_until=SOON), VISITOR)
    assert home.own.look(token).paused_until == pause_end(SOON)
    home.later(days=60)
    assert home.own.look(token).paused_until is None
    assert home.own.change(token, Wishes(), VISITOR) == ()


def test_what_may_be_chosen_comes_from_the_programmes_that_are_on() -> None:
    home = Home()
    home.confirmed_to(OFFERS, ALERTS)
    page = home.own.look(home.own_page())
    assert page.most_per_month == 30
    assert page.topics == ("alerts", "offers", "shared")
    home.own.stop(home.own_page(), ALERTS, VISITOR)
    page = home.own.look(home.own_page())
    assert page.most_per_month == 8
    assert page.topics == ("offers", "shared")
    assert [each.programme.programme_id for each in page.subscriptions] == [OFFERS, ALERTS]


def test_a_link_is_open_for_its_own_sign_up_and_the_opt_out_from_it() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.own_page()
    assert home.own.look(token).is_open
    home.stop(programme_ids=(OFFERS,), source=Source.FORM)
    assert home.own.look(token).is_open
    home.later(minutes=11)
    home.ask()
    page = home.own.look(token)
    assert not page.is_open
    assert (page.standing, page.subscriptions, page.profile.values) == (None, (), {})


@pytest.mark.parametrize("act", ["history", "change", "stop", "erase"])
def test_a_link_that_is_over_does_nothing(act: str) -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.own_page()
    home.later(days=401)
    own, events = home.own, len(home.types)
    acts: dict[str, Callable[[], object]] = {
        "history": lambda: own.history(token),
        "change": lambda: own.change(token, Wishes(max_per_month=1), VISITOR),
        "stop": lambda: own.stop(token, None, VISITOR),
        "erase": lambda: own.erase(token, VISITOR),
    }
    with pytest.raises(LinkNotFoundError):
        acts[act]()
    assert len(home.types) == events


def test_erasing_stops_first_and_leaves_the_opt_out() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    home.own.erase(home.own_page(), VISITOR)
    assert home.types[-2:] == [EventType.WITHDRAWN, EventType.ERASED]
    assert home.standing.phone is None
    assert home.standing.stopped_at is not None


def test_under_a_legal_hold_the_texts_stop_at_once_and_the_erasure_is_told_to_wait() -> None:
    home = Home()
    home.confirmed_to(OFFERS)
    token = home.own_page()
    Restricting(home.service).keep(KEY, {"actor": "c", "reason": "claim"}, is_on=True)
    assert home.own.erase(token, VISITOR)
    assert home.types[-2:] == [EventType.WITHDRAWN, EventType.ERASURE_QUEUED]
    assert home.standing.phone is not None


def test_wishes_of_a_number_that_is_not_held_are_refused() -> None:
    from assent.choices.wishes import change_wishes

    home = Home()
    with pytest.raises(SubscriberNotFoundError):
        change_wishes(home.service, home.store, KEY, Wishes(max_per_month=1), VISITOR)


def test_an_unknown_number_has_no_sign_up() -> None:
    home = Home()
    home.links.preferences(KEY, OFFERS, 1)
    (link,) = home.link_store.links.values()
    assert not is_same_sign_up(None, link)
    assert link.expires_at - home.clock.now() == timedelta(days=400)

"""Where a request stands for whoever opens its link, and what a press does then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from assent.choices.confirming import Asked, Confirming
from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.errors import LinkNotFoundError
from tests.unit.choices.people import VISITOR, Home
from tests.unit.consent.people import KEY, OFFERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.choices.confirming import Question


def left(home: Home) -> None:
    home.stop(programme_ids=(OFFERS,), source=Source.FORM)


def asked_again(home: Home) -> None:
    home.later(minutes=11)
    home.ask()


def too_late(home: Home) -> None:
    home.later(hours=72)


def expired(home: Home) -> None:
    too_late(home)
    home.service.expire(KEY, OFFERS)


def came_back(home: Home) -> None:
    home.yes()
    home.later(minutes=1)
    home.stop()
    home.later(minutes=1)
    home.start()


ENDS: list[tuple[Callable[[Home], object], Asked, ConsentStatus]] = [
    (Home.yes, Asked.CONFIRMED, ConsentStatus.CONFIRMED),
    (Home.stop, Asked.STOPPED, ConsentStatus.WITHDRAWN),
    (left, Asked.LEFT, ConsentStatus.WITHDRAWN),
    (asked_again, Asked.REPLACED, ConsentStatus.PENDING),
    (too_late, Asked.EXPIRED, ConsentStatus.PENDING),
    (expired, Asked.EXPIRED, ConsentStatus.EXPIRED),
    (came_back, Asked.REPLACED, ConsentStatus.CONFIRMED),
]


@pytest.mark.parametrize(("end", "asked", "status"), ENDS)
def test_a_press_after_the_requests_end_changes_nothing(
    end: Callable[[Home], object], asked: Asked, status: ConsentStatus
) -> None:
    home = Home()
    token = home.asked()
    home.later(minutes=1)
    end(home)
    home.later(seconds=1)
    events = len(home.types)
    assert home.confirming.look(token).asked is asked
    question, is_new = home.confirming.say_yes(token, VISITOR)
    assert (question.asked, is_new) == (asked, False)
    assert home.status() is status
    assert len(home.types) == events


def test_a_press_in_time_confirms_once_and_is_counted_for_the_breakers() -> None:
    home = Home()
    token = home.asked()
    home.later(hours=71)
    assert home.confirming.look(token).asked is Asked.OPEN
    assert [home.confirming.say_yes(token, VISITOR)[1] for _ in range(2)] == [True, False]
    assert home.types == [EventType.REQUESTED, EventType.CONFIRMED]
    event, evidence = home.store.history(KEY)[-1]
    assert event.source is Source.LINK
    assert event.facts == {"via": "link"}
    assert evidence is not None
    assert evidence.facts["page"] == "/c/{token}"
    assert evidence.facts["ip"] == "203.0.113.9"


def test_a_number_never_seen_has_nothing_to_confirm() -> None:
    home = Home()
    token = home.links.confirm(KEY, OFFERS, 1, home.later(hours=1)).removeprefix("/c/")
    assert home.confirming.say_yes(token, VISITOR)[0].asked is Asked.EXPIRED


@dataclass(frozen=True, slots=True)
class Interrupted(Confirming):
    """Somebody else acts between this page's look and its press."""

    meanwhile: Callable[[], object] = print

    def look(self, token: str) -> Question:
        question = Confirming.look(self, token)
        self.meanwhile()
        return question


def test_a_press_never_confirms_a_request_that_came_after_its_look() -> None:
    home = Home()
    token, plain = home.asked(), home.confirming
    todo = [asked_again, left]
    page = Interrupted(
        plain.links,
        plain.consent,
        plain.programmes,
        plain.conversions,
        plain.clock,
        lambda: [todo.pop()(home) for _ in tuple(todo)],
    )
    question, is_new = page.say_yes(token, VISITOR)
    assert (question.asked, is_new) == (Asked.REPLACED, False)
    assert home.status() is ConsentStatus.PENDING


def test_a_link_of_another_purpose_opens_nothing() -> None:
    home = Home()
    home.asked()
    with pytest.raises(LinkNotFoundError):
        home.confirming.look(home.exit())

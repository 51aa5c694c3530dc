"""The process dies at each call it makes, before or after the call took effect; then it runs anew.

Whatever was under way, there is one event of each kind at the end, and never a second text.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.consent.events import EventType
from assent.consent.lapsing import Lapsing
from assent.consent.model import ConsentStatus
from assent.programmes.model import OptInTerms
from tests.unit.opt_in.due_world import DueWorld

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CALLS = 40


class Death(BaseException):
    """The end of the process: nothing catches it."""


class Mortal:
    """Passes calls on to a port, and dies at the call that `countdown` comes to."""

    def __init__(self, port: Any, countdown: itertools.count[int], at: int, *, after: bool) -> None:
        self._port, self._countdown, self._at, self._after = port, countdown, at, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            is_last = next(self._countdown) == self._at
            if is_last and not self._after:
                raise Death
            answer = found(*arguments, **named)
            if is_last:
                raise Death
            return answer

        return call


def die_at(world: DueWorld, call: int, *, after: bool) -> bool:
    """Run once and die at that call; return False when the run ended before it."""
    countdown = itertools.count()

    def mortal(port: Any) -> Any:
        return Mortal(port, countdown, call, after=after)

    healthy = world.lifecycle()
    consent = replace(world.consent, store=mortal(world.store))
    messenger = replace(healthy.messenger, sender=mortal(world.sender), ledger=mortal(world.ledger))
    lifecycle = world.lifecycle(
        agenda=mortal(world.store.agenda),
        lapsing=Lapsing(consent),
        profiles=mortal(world.store),
        programmes=mortal(world.programmes),
        messenger=messenger,
    )
    try:
        list(lifecycle.run(world.clock.now() + timedelta(minutes=5)))
    except Death:
        return True
    return False


def a_request_over() -> DueWorld:
    world = DueWorld()
    world.ask()
    world.later(hours=72)
    return world


def a_reminder_due() -> DueWorld:
    world = DueWorld(OptInTerms(sends_reminder=True))
    world.ask()
    world.later(hours=24)
    return world


def a_consent_of_last_year() -> DueWorld:
    world = DueWorld(OptInTerms(reconfirm_after_days=365))
    world.subscribe()
    world.later(days=365)
    return world


def a_question_unanswered() -> DueWorld:
    world = DueWorld(OptInTerms(reconfirm_after_days=365, expires_on_silence=True))
    world.subscribe()
    world.later(days=365)
    world.run()
    world.later(days=30)
    return world


CASES: list[tuple[Callable[[], DueWorld], EventType, int]] = [
    (a_request_over, EventType.EXPIRED, 0),
    (a_reminder_due, EventType.REMINDED, 1),
    (a_consent_of_last_year, EventType.RECONFIRMATION_ASKED, 1),
    (a_question_unanswered, EventType.EXPIRED, 1),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("made", "event", "texts"), CASES, ids=[made.__name__ for made, _, _ in CASES]
)
def test_a_death_at_any_call_costs_no_event_and_sends_no_second_text(
    made: Callable[[], DueWorld], event: EventType, texts: int, after: bool
) -> None:
    deaths = 0
    for call in range(MOST_CALLS):
        world = made()
        if not die_at(world, call, after=after):
            break
        deaths += 1
        for _ in range(3):
            world.later(minutes=15)
            world.run()
        assert world.count(event) == 1, f"died at call {call}"
        assert len(world.sender.texts) <= texts, f"died at call {call}"
        seqs = [entry.seq for entry, _ in world.store.history(world.standing.subscriber_key)]
        assert seqs == list(range(1, world.standing.seq + 1))
    assert 5 < deaths < MOST_CALLS


def test_without_a_death_each_case_ends_as_it_should() -> None:
    for made, event, texts in CASES:
        world = made()
        world.run()
        assert world.count(event) == 1
        assert len(world.sender.texts) == texts
    assert a_request_over().status() is ConsentStatus.PENDING

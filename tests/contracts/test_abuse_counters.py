from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.abuse.breaker import Breaker, Mark, State
from assent.aws.breakers import DynamoBreakers
from assent.aws.counters import DynamoCounters
from assent.errors import ChangedMeanwhileError
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_counters import InMemoryBreakers, InMemoryCounters

if TYPE_CHECKING:
    from assent.abuse.breaker import Breakers
    from assent.abuse.counters import Counters

UNTIL = NOON + timedelta(hours=1)


@pytest.fixture(params=["fake", "aws"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "fake":
        return InMemoryCounters()
    client = request.getfixturevalue("dynamodb")
    return DynamoCounters(client, request.getfixturevalue("tables").name("ControlTable"))


@pytest.fixture(params=["fake", "aws"])
def breakers(request: pytest.FixtureRequest) -> Breakers:
    if request.param == "fake":
        return InMemoryBreakers()
    client = request.getfixturevalue("dynamodb")
    return DynamoBreakers(client, request.getfixturevalue("tables").name("ControlTable"))


def test_a_window_is_filled_once(counters: Counters) -> None:
    assert [counters.take("a", 3, UNTIL) for _ in range(5)] == [True, True, True, False, False]
    assert counters.count("a") == 3


def test_what_is_refused_is_not_counted_and_a_higher_bound_still_has_room(
    counters: Counters,
) -> None:
    for _ in range(9):
        counters.take("a", 2, UNTIL)
    assert counters.take("a", 3, UNTIL)
    assert not counters.take("a", 3, UNTIL)


def test_keys_are_counted_apart(counters: Counters) -> None:
    assert counters.take("a", 1, UNTIL)
    assert counters.take("b", 1, UNTIL)
    assert counters.count("c") == 0


SAVED = Breaker(
    texts=7,
    state=State.HALF_OPEN,
    marks=(Mark(NOON, 5, 1), Mark(NOON + timedelta(minutes=3, microseconds=7), 6, 1)),
)


def test_a_breaker_never_seen_is_new(breakers: Breakers) -> None:
    assert breakers.breaker("x") == Breaker()


def test_a_saved_breaker_is_read_back_with_its_next_version(breakers: Breakers) -> None:
    breakers.save("x", SAVED, NOON)
    assert breakers.breaker("x") == replace(SAVED, version=1)
    breakers.save("x", replace(SAVED, version=1, state=State.CLOSED), NOON)
    assert breakers.breaker("x") == replace(SAVED, version=2, state=State.CLOSED)


@pytest.mark.parametrize("version", [0, 1, 7])
def test_a_breaker_that_moved_on_is_not_overwritten(breakers: Breakers, version: int) -> None:
    for step in range(2):
        breakers.save("x", replace(SAVED, version=step), NOON)
    with pytest.raises(ChangedMeanwhileError):
        breakers.save("x", replace(SAVED, version=version, texts=99), NOON)
    assert breakers.breaker("x").texts == 7


def test_confirmations_are_added_to_and_survive_every_save(breakers: Breakers) -> None:
    breakers.confirmed("x", NOON)
    seen = breakers.breaker("x")
    assert seen == Breaker(confirmed=1)
    breakers.confirmed("x", NOON)
    breakers.save("x", replace(seen, texts=4), NOON)
    assert breakers.breaker("x") == Breaker(texts=4, confirmed=2, version=1)

"""Slots in hand: leased before they run out, and taken by whoever is ready."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from assent.campaigns.sending_slots import AHEAD, Slots
from assent.errors import TryAgainError
from assent.messages.pace import TOLERANCE, Ask, Pace, micros
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_rate_store import InMemoryRateStore

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 10
LONG = timedelta(minutes=1)


class Hand:
    """Slots over a fresh bucket, and the tasks that were put aside."""

    def __init__(self, *, is_newcomer: bool = False) -> None:
        self.clock = FrozenClock()
        self.rates = InMemoryRateStore()
        self.pace = Pace(self.rates, self.clock, "+1", RATE)
        self.aside: list[Callable[[], None]] = []
        self.slots = Slots(self.pace, 1, self.aside.append, is_newcomer=is_newcomer)

    def begin(self, turns: int) -> None:
        """Begin a turn when it is time to."""
        begin_at = self.slots.begin_at(turns, LONG)
        assert begin_at is not None
        self.clock.sleep((begin_at - self.clock.now()).total_seconds())
        self.slots.begin()

    def take(self) -> float:
        """Return how far off the slot is that is taken."""
        slot = self.slots.take(self.clock.now() + LONG)
        assert slot is not None
        return (slot - self.clock.now()).total_seconds()

    def booked(self) -> int:
        """Return how many slots the bucket has given out since the beginning."""
        bucket = self.rates._buckets["+1"]
        return round((bucket.last_slot - micros(self.clock._started_at)) / (1e6 / RATE))


def test_a_turn_begins_ahead_of_the_slot_that_is_left_for_it() -> None:
    hand = Hand()
    hand.begin(9)
    first = hand.slots.begin_at(8, LONG)
    hand.begin(8)
    second = hand.slots.begin_at(7, LONG)
    assert first is not None
    assert second is not None
    assert second - first == hand.pace.lease(1).interval
    assert first < hand.clock.now() + AHEAD


def test_whoever_is_ready_first_takes_the_first_slot() -> None:
    hand = Hand()
    hand.begin(9)
    hand.begin(8)
    assert hand.take() < hand.take()


def test_a_slot_passed_on_is_left_for_the_next_turn() -> None:
    hand = Hand()
    hand.begin(9)
    left = hand.slots.begin_at(8, LONG)
    hand.slots.pass_on()
    assert left is not None
    passed = hand.slots.begin_at(8, LONG)
    assert passed is not None
    assert passed < left


def test_the_next_lease_is_asked_for_once_and_before_the_last_one_is_used_up() -> None:
    hand = Hand()
    for turns in range(30, 22, -1):
        hand.begin(turns)
        hand.take()
    assert len(hand.aside) == 1
    hand.aside[0]()
    slots = []
    for _ in range(8):
        hand.slots.begin()
        slots.append(hand.take())
    assert max(b - a for a, b in pairwise(slots)) < 1.1 / RATE


def test_no_more_is_leased_than_there_are_turns() -> None:
    hand = Hand()
    for turns in (3, 2, 1):
        hand.begin(turns)
        hand.take()
    assert hand.aside == []
    assert hand.booked() <= 3


def test_a_slot_gone_by_is_burnt_and_the_text_takes_another() -> None:
    hand = Hand()
    hand.begin(1)
    hand.clock.advance(5)
    assert 0 < hand.take() < 1


def test_a_slot_can_be_taken_until_half_of_its_tolerance() -> None:
    for late, gone in ((TOLERANCE / 2, False), (TOLERANCE * 0.6, True)):
        hand = Hand()
        hand.begin(1)
        hand.clock.advance(hand.pace.lead + late)
        assert (hand.take() > 0) is gone


def test_a_slot_beyond_the_limit_is_not_taken() -> None:
    hand = Hand()
    hand.begin(1)
    assert hand.slots.take(hand.clock.now()) is None


def test_a_full_bucket_gives_no_slot_and_no_lease() -> None:
    hand = Hand()
    hand.begin(1)
    hand.clock.advance(5)
    now = micros(hand.clock.now())
    hand.rates.book("+1", Ask(RATE * 60, 1, RATE, now, now))
    assert hand.slots.take(hand.clock.now() + timedelta(seconds=2)) is None
    with pytest.raises(TryAgainError):
        hand.slots.begin_at(1, timedelta())


def test_a_lease_ahead_that_fails_is_asked_for_again() -> None:
    hand = Hand()
    for turns in range(30, 22, -1):
        hand.begin(turns)
        hand.take()
    now = micros(hand.clock.now())
    hand.rates.book("+1", Ask(RATE * 60, 1, RATE, now, now + 2_000_000))
    hand.aside[0]()
    hand.begin(20)
    assert len(hand.aside) == 2


def test_a_lease_that_comes_too_late_is_asked_for_again() -> None:
    hand = Hand()
    inner = hand.rates.book

    def slow(identity: str, ask: Ask) -> object:
        answer = inner(identity, ask)
        hand.clock.advance(5)
        return answer

    hand.rates.book = slow  # type: ignore[method-assign,assignment]
    assert hand.slots.begin_at(9, LONG) is None
    hand.rates.book = inner  # type: ignore[method-assign]
    assert hand.slots.begin_at(9, LONG) is not None


class SomebodyElseWasFirst:
    """Stands in for the lock around leasing; another thread has leased while this one waited."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots

    def __enter__(self) -> None:
        if not self.slots._slots:
            self.slots._add()

    def __exit__(self, *_: object) -> None:
        pass


def test_of_two_who_run_out_of_slots_one_leases() -> None:
    hand = Hand()
    hand.slots._leasing = SomebodyElseWasFirst(hand.slots)  # type: ignore[assignment]
    hand.begin(1)
    assert hand.booked() <= 1


def test_a_text_waits_until_the_last_second_has_room_and_may_then_be_too_late() -> None:
    hand = Hand()
    hand.begin(1)
    slot = hand.slots.take(hand.clock.now() + LONG)
    assert slot is not None
    hand.slots._lateness._recent.extend([(slot, 1)] * RATE)
    assert not hand.slots.reach(slot)
    assert hand.clock.now() > slot + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("booked", "waited"), [(10, 0.71), (70, 5.89)], ids=["the one before it", "another campaign"]
)
def test_a_newcomer_lets_the_one_before_it_finish_but_not_for_long(
    booked: int, waited: float
) -> None:
    hand = Hand(is_newcomer=True)
    now = micros(hand.clock.now())
    hand.rates.book("+1", Ask(booked, 1, RATE, now, now))
    hand.slots.begin_at(5, LONG)
    assert hand.clock.monotonic() == pytest.approx(waited, abs=0.05)


def test_a_worker_in_the_flow_leases_as_far_ahead_as_it_may() -> None:
    hand = Hand()
    now = micros(hand.clock.now())
    hand.rates.book("+1", Ask(10, 1, RATE, now, now))
    assert hand.slots.begin_at(5, LONG) is not None
    assert hand.clock.monotonic() == 0

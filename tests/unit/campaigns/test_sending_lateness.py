"""Late texts never make a second too full: by example, and by workers that stall."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assent.campaigns.sending_lateness import Lateness
from assent.messages.pace import (
    CAMPAIGN_HORIZON,
    LEAD,
    SLACK,
    TOLERANCE,
    Ask,
    Booking,
    Bucket,
    Lease,
    book,
    instant_of,
    micros,
    spacing,
)
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 10
STEP = timedelta(microseconds=spacing(1, 1, RATE))
MS = timedelta(milliseconds=1)


def lease(first: int, texts: int = 10) -> Lease:
    """Return a lease of `texts` slots, the first of them being the first-th since noon."""
    return Lease(NOON + first * STEP, STEP, texts, 1)


def holding(*leases: Lease) -> Lateness:
    lateness = Lateness(RATE)
    for each in leases:
        lateness.leased(each)
    return lateness


@pytest.mark.parametrize(
    ("leases", "late", "may"),
    [
        ([lease(0)], TOLERANCE, True),
        ([lease(0)], TOLERANCE + MS, False),
        ([lease(0), lease(10)], TOLERANCE + MS, True),
        ([lease(0), lease(10)], 300 * MS, True),
        ([lease(0), lease(10)], 301 * MS, False),
        ([lease(0), lease(11)], TOLERANCE + MS, False),
        ([lease(0), lease(10, 1)], TOLERANCE + MS, False),
        ([lease(0), lease(12), lease(22)], TOLERANCE + MS, False),
    ],
    ids=[
        "on time",
        "late, and the next second is not all ours",
        "late, and it is",
        "as late as can be",
        "too late for this slot",
        "somebody has a slot between our leases",
        "the second lease ends too soon",
        "our leases go on, but the text's own is apart from them",
    ],
)
def test_a_text_may_be_late_where_all_slots_of_the_next_second_are_ours(
    leases: list[Lease], late: timedelta, may: bool
) -> None:
    found = holding(*leases).publish_at(NOON, 1, NOON + late)
    assert found == (NOON + late if may else None)


def test_after_a_stall_the_texts_go_at_once_and_the_rate_is_seen_to_a_second_later() -> None:
    lateness = holding(lease(0), lease(10), lease(20))
    woken = NOON + 2 * STEP
    for index in range(3):
        assert lateness.publish_at(NOON + index * STEP, 1, woken) == woken
    for index in range(3, 10):
        slot = NOON + index * STEP
        assert lateness.publish_at(slot, 1, slot) == slot
    slot = NOON + 10 * STEP
    again = lateness.publish_at(slot, 1, slot)
    assert again is not None
    assert again > woken + timedelta(seconds=1)
    assert lateness.publish_at(slot, 1, again) == again


def test_a_text_of_more_parts_than_a_second_allows_waits_for_an_empty_one() -> None:
    lateness = holding(lease(0), lease(10))
    assert lateness.publish_at(NOON, RATE + 5, NOON) == NOON
    found = lateness.publish_at(NOON, RATE + 5, NOON)
    assert found is not None
    assert found > NOON + timedelta(seconds=1)


# --- Workers in virtual time ---------------------------------------------------------------------


@dataclass
class Sleepy:
    """A worker whose machine stalls; all of its slots have a text that is ready."""

    width: int
    lateness: Lateness
    awake: Iterator[tuple[int, int]]
    last: int = 0
    stall: tuple[int, int] = (-1, -1)

    def wakes_at(self, now: int) -> int:
        """Return `now`, or the end of the stall that covers it."""
        while self.stall[1] <= now:
            self.stall = next(self.awake)
        return self.stall[1] if self.stall[0] <= now else now


def stalls(chance: Random) -> Iterator[tuple[int, int]]:
    """Yield the stalls of one machine, from beginning to end, in µs."""
    at = 0
    while True:
        at += chance.randrange(10_000, 900_000)
        yield at, (at := at + chance.randrange(1_000, 250_000))


# Stands in a slot's place for the time to lease.
_LEASE = 0


@dataclass
class Street:
    """Workers on one bucket."""

    rate: int
    workers: list[Sleepy]
    bucket: Bucket = field(default_factory=Bucket)
    published: list[tuple[int, int]] = field(default_factory=list)

    def run(self, seconds: int) -> None:
        begun = micros(NOON)
        queue: list[tuple[int, int, int]] = []
        for number in range(len(self.workers)):
            heapq.heappush(queue, (begun + 1000 * number, number, _LEASE))
        while queue[0][0] < begun + seconds * 1_000_000:
            at, number, slot = heapq.heappop(queue)
            worker = self.workers[number]
            now = begun + worker.wakes_at(at - begun)
            if now > at:
                heapq.heappush(queue, (now, number, slot))
            elif slot == _LEASE:
                for each in self._lease(worker, now):
                    heapq.heappush(queue, (each, number, each))
                soon = max(now + 10_000, worker.last - micros_of(CAMPAIGN_HORIZON))
                heapq.heappush(queue, (soon, number, _LEASE))
            elif (again := self._publish(worker, slot, now)) is not None:
                heapq.heappush(queue, (again, number, slot))

    def _lease(self, worker: Sleepy, now: int) -> list[int]:
        interval = spacing(worker.width, worker.width, self.rate)
        ask = Ask(
            1 + 999_999 // interval,
            worker.width,
            self.rate,
            now + micros_of(LEAD),
            now + micros_of(CAMPAIGN_HORIZON),
        )
        answer = book(self.bucket, ask)
        if not isinstance(answer, Booking):
            return []
        self.bucket = answer.bucket
        worker.last = answer.bucket.last_slot
        starts_at, step = instant_of(answer.starts_at), timedelta(microseconds=interval)
        worker.lateness.leased(Lease(starts_at, step, answer.texts, worker.width))
        return [answer.starts_at + index * interval for index in range(answer.texts)]

    def _publish(self, worker: Sleepy, slot: int, now: int) -> int | None:
        found = worker.lateness.publish_at(instant_of(slot), worker.width, instant_of(now))
        if found is None:
            return None
        if found == instant_of(now):
            self.published.append((now, worker.width))
            return None
        return micros(found)

    def busiest_second(self) -> int:
        """Return the most parts in any half-open second."""
        most = parts = 0
        recent: deque[tuple[int, int]] = deque()
        for at, width in sorted(self.published):
            recent.append((at, width))
            parts += width
            while recent[0][0] <= at - 1_000_000:
                parts -= recent.popleft()[1]
            most = max(most, parts)
        return most


def micros_of(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def street(rate: int, widths: list[int], seed: int) -> Street:
    chance = Random(seed)  # noqa: S311 - no secret
    return Street(rate, [Sleepy(w, Lateness(rate), stalls(chance)) for w in widths])


simulated = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32)


@simulated
@given(st.integers(1, 120), st.lists(st.integers(1, 5), min_size=1, max_size=3), seeds)
def test_no_second_holds_more_parts_than_the_rate_however_workers_stall(
    rate: int, widths: list[int], seed: int
) -> None:
    made = street(rate, [min(width, rate) for width in widths], seed)
    made.run(12)
    assert made.busiest_second() <= rate


@simulated
@given(st.sampled_from([20, 50, 100]), seeds)
def test_a_worker_alone_makes_up_for_most_of_its_stalls(rate: int, seed: int) -> None:
    """It sleeps through a fifth of the time."""
    made = street(rate, [1], seed)
    made.run(20)
    assert len(made.published) >= 0.93 * rate * 20 / (1 + SLACK.total_seconds())


@pytest.mark.parametrize(
    ("widths", "mutant"),
    [([1], ("_clear_at", lambda _, __, now: now)), ([1, 1, 2], ("_may_be_late", lambda *_: True))],
    ids=["that counts nothing", "that is late wherever it likes"],
)
def test_the_simulation_would_notice_a_worker(
    widths: list[int], mutant: tuple[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lateness, *mutant)
    worst = 0
    for seed in range(10):
        made = street(50, widths, seed)
        made.run(12)
        worst = max(worst, made.busiest_second())
    assert worst > 50

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import TryAgainError
from assent.messages.pace import (
    CAMPAIGN_HORIZON,
    LEAD,
    TOLERANCE,
    Ask,
    Booking,
    Bucket,
    Busy,
    Pace,
    book,
    instant_of,
    micros,
    spacing,
)
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_rate_store import InMemoryRateStore

FAR = 10**18
MILLISECOND = timedelta(milliseconds=1)


def pace(clock: FrozenClock, rate: int = 10) -> Pace:
    return Pace(InMemoryRateStore(), clock, "+12065550199", rate)


@given(st.integers(0, FAR), st.integers(1, 1000), st.integers(1, 10), st.integers(1, 300))
def test_slots_never_start_before_they_were_asked_for_or_before_the_last_one(
    last: int, texts: int, width: int, rate: int
) -> None:
    answer = book(Bucket(last), Ask(texts, width, rate, FAR // 2, 2 * FAR))
    assert isinstance(answer, Booking)
    assert answer.starts_at >= FAR // 2
    assert answer.starts_at > last
    assert answer.bucket.last_slot == answer.starts_at + (texts - 1) * answer.interval


def test_a_worker_whose_clock_is_behind_does_not_move_the_bucket_back() -> None:
    first = book(Bucket(), Ask(5, 1, 10, 1_000_000, FAR))
    assert isinstance(first, Booking)
    second = book(first.bucket, Ask(1, 1, 10, 0, FAR))
    assert isinstance(second, Booking)
    assert second.starts_at == first.bucket.last_slot + first.interval


def test_a_bucket_booked_too_far_ahead_says_when_it_is_free_and_books_nothing() -> None:
    assert book(Bucket(5_000_000), Ask(1, 1, 10, 0, 5_000_000)) == Busy(5_101_300)


@pytest.mark.parametrize(
    ("before", "after", "rate", "microseconds"),
    [
        pytest.param(1, 1, 20, 50_650, id="one part"),
        pytest.param(2, 2, 20, 101_300, id="two parts"),
        pytest.param(3, 3, 20, 168_834, id="three parts: six texts are 18, seven would be 21"),
        pytest.param(1, 2, 20, 101_300, id="narrow to wide"),
        pytest.param(2, 1, 20, 101_300, id="wide to narrow"),
        pytest.param(5, 5, 2, 2_532_500, id="wider than a second"),
    ],
)
def test_texts_are_spaced_by_their_parts(
    before: int, after: int, rate: int, microseconds: int
) -> None:
    assert spacing(before, after, rate) == microseconds


@given(st.integers(1, 500), st.integers(1, 12))
def test_at_least_98_percent_of_what_whole_texts_allow_is_handed_out(rate: int, width: int) -> None:
    if width <= rate:
        texts_per_second = 1_000_000 / spacing(width, width, rate)
        assert texts_per_second >= 0.98 * (rate // width)


def test_a_lease_covers_at_most_a_second() -> None:
    lease = pace(FrozenClock()).lease(1000)
    assert lease.texts == 10
    assert lease.slot(lease.texts - 1) - lease.starts_at < timedelta(seconds=1)
    assert lease.expires_at == lease.slot(lease.texts - 1) + TOLERANCE


def test_an_idle_bucket_leaves_time_to_claim_before_the_first_slot() -> None:
    assert pace(FrozenClock()).lease().starts_at == NOON + LEAD


def test_idle_time_is_not_saved_up() -> None:
    clock = FrozenClock()
    paced = pace(clock)
    paced.lease()
    clock.advance(3600)
    lease = paced.lease(10)
    assert lease.slot(9) - lease.slot(0) == 9 * lease.interval > timedelta(seconds=0.9)


def test_leases_of_several_workers_do_not_overlap() -> None:
    clock, rates = FrozenClock(), InMemoryRateStore()
    workers = [Pace(rates, clock, "+12065550199", 10) for _ in range(3)]
    leases = [worker.lease(4) for worker in workers]
    slots = [lease.slot(index) for lease in leases for index in range(4)]
    assert all(b - a >= leases[0].interval for a, b in pairwise(slots))


def test_identities_do_not_share_a_bucket() -> None:
    clock, rates = FrozenClock(), InMemoryRateStore()
    one, two = (Pace(rates, clock, identity, 10).lease(10) for identity in ("+1", "+2"))
    assert one == two


def test_without_patience_a_full_bucket_refuses_and_says_how_long() -> None:
    paced = pace(FrozenClock())
    paced.lease(5)
    paced.lease(10)
    with pytest.raises(TryAgainError) as refused:
        paced.lease(1)
    assert refused.value.retry_after_seconds == 1


def test_with_patience_a_worker_waits_until_the_horizon_reaches_a_free_slot() -> None:
    clock = FrozenClock()
    paced = pace(clock)
    leases = [paced.lease(10, patience=timedelta(seconds=5)) for _ in range(5)]
    gaps = [b.starts_at - a.slot(9) for a, b in pairwise(leases)]
    assert gaps == [leases[0].interval] * 4
    assert leases[-1].starts_at - clock.now() <= CAMPAIGN_HORIZON


@pytest.mark.parametrize(("late", "is_open"), [(0, True), (9, True), (10, True), (11, False)])
def test_a_slot_is_open_until_the_tolerance(late: int, is_open: bool) -> None:
    clock = FrozenClock()
    paced = pace(clock)
    lease = paced.lease()
    clock.advance(LEAD + late * TOLERANCE / 10)
    assert paced.await_slot(lease, 0) is is_open


def test_waiting_for_a_slot_ends_on_it() -> None:
    clock = FrozenClock()
    paced = pace(clock)
    lease = paced.lease(3)
    assert paced.await_slot(lease, 2)
    assert clock.now() == lease.slot(2)


def test_a_slot_that_is_gone_by_is_not_open() -> None:
    clock = FrozenClock()
    paced = pace(clock)
    lease = paced.lease(2)
    clock.advance(LEAD + TOLERANCE + MILLISECOND)
    assert not paced.await_slot(lease, 0)


@given(st.integers(0, 4 * 10**15))
def test_microseconds_and_instants_are_exact_inverses(microseconds: int) -> None:
    assert micros(instant_of(microseconds)) == microseconds

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from assent.aws.rate_store import DynamoRateStore
from assent.messages.pace import Ask, Booking, Busy, micros, spacing
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_rate_store import InMemoryRateStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.messages.pace import RateStore

NOW = micros(NOON)
SECOND = 1_000_000


@pytest.fixture(params=["fake", "aws"])
def two(request: pytest.FixtureRequest) -> tuple[RateStore, RateStore]:
    """Two workers on one bucket."""
    if request.param == "fake":
        one = InMemoryRateStore()
        return one, one
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    name = request.getfixturevalue("tables").name("ControlTable")
    return DynamoRateStore(client, name), DynamoRateStore(client, name)


def ask(texts: int = 5, width: int = 1, not_after: int = NOW + 60 * SECOND) -> Ask:
    return Ask(texts, width, rate=20, not_before=NOW, not_after=not_after)


def granted(answer: Booking | Busy) -> Booking:
    assert isinstance(answer, Booking)
    return answer


def end(booking: Booking) -> int:
    return booking.bucket.last_slot


def test_a_fresh_bucket_gives_the_first_slot_asked_for(two: tuple[RateStore, RateStore]) -> None:
    assert granted(two[0].book("+1", ask())).starts_at == NOW


def test_bookings_follow_each_other_whoever_books(two: tuple[RateStore, RateStore]) -> None:
    one, other = two
    bookings = [
        granted(store.book("+1", ask(texts, width)))
        for store, texts, width in ((one, 5, 1), (other, 3, 2), (other, 1, 1), (one, 4, 3))
    ]
    for earlier, later in itertools.pairwise(bookings):
        gap = spacing(earlier.width, later.width, 20)
        assert later.starts_at == end(earlier) + gap


def test_a_full_bucket_books_nothing_and_says_when_it_is_free(
    two: tuple[RateStore, RateStore],
) -> None:
    one, other = two
    first = granted(one.book("+1", ask(20)))
    free_at = end(first) + spacing(1, 1, 20)
    for store in (other, one):
        assert store.book("+1", ask(not_after=NOW)) == Busy(free_at)
    assert granted(other.book("+1", ask())).starts_at == free_at


def test_a_worker_that_looked_away_is_told_what_others_booked(
    two: tuple[RateStore, RateStore],
) -> None:
    one, other = two
    one.book("+1", ask(1))
    last = [granted(other.book("+1", ask(20))) for _ in range(3)][-1]
    free_at = end(last) + spacing(1, 1, 20)
    assert one.book("+1", ask(not_after=NOW)) == Busy(free_at)


def test_each_identity_has_a_bucket_of_its_own(two: tuple[RateStore, RateStore]) -> None:
    two[0].book("+1", ask(20))
    assert granted(two[0].book("+2", ask())).starts_at == NOW


def test_a_bucket_moved_back_gives_out_that_time_again(two: tuple[RateStore, RateStore]) -> None:
    one, other = two
    first = granted(one.book("+1", ask(20)))
    other.rewind("+1", 10 * first.interval)
    for store in two:
        assert store.book("+1", ask(not_after=NOW)) == Busy(NOW + 10 * first.interval)


def test_a_bucket_that_was_never_used_cannot_be_moved(two: tuple[RateStore, RateStore]) -> None:
    two[0].rewind("+1", SECOND)
    assert granted(two[1].book("+1", ask())).starts_at == NOW

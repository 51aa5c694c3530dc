"""Who is first when many come at once. Only a store that is thread-safe can answer that."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.consent_store import DynamoConsentStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.subscriber_item import item_of
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.model import BatchResult, Claimed, Fate
from assent.clock import SystemClock
from assent.consent.model import Consent, ConsentStatus
from assent.errors import (
    AlreadyAppliedError,
    ChangedMeanwhileError,
    ConflictError,
    TryAgainError,
)
from assent.identifiers import CampaignId
from assent.messages.pace import Ask, Booking, micros, spacing
from tests.contracts.conftest import ENDPOINT
from tests.contracts.examples import KEY, OFFERS, change, claim, stopped, subscriber
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.consent.model import Claim, ConsentChange, Standing
    from tests.contracts.template_tables import TemplateTables

THREADS = 8
ROUNDS = 20
T = TypeVar("T")

pytestmark = pytest.mark.skipif(not ENDPOINT, reason="moto is not thread-safe")


def together(work: Callable[[int], T]) -> list[T]:
    """Run `work(0..THREADS-1)` at once."""
    gate = threading.Barrier(THREADS)

    def enter(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(enter, range(THREADS)))


@pytest.fixture
def people(dynamodb: DynamoDBClient, tables: TemplateTables) -> str:
    return tables.name("SubscribersTable")


def put_person(client: DynamoDBClient, table: str) -> None:
    client.put_item(TableName=table, Item=item_of(subscriber()))


def test_of_many_copies_of_one_claim_exactly_one_stands(
    dynamodb: DynamoDBClient, people: str
) -> None:
    store = DynamoClaimStore(dynamodb, people)
    for _ in range(ROUNDS):
        put_person(dynamodb, people)
        answers = together(lambda _n: store.claim(subscriber(), claim("c1"), ()))
        assert answers.count(Claimed()) == 1


def test_of_many_campaigns_on_one_reading_exactly_one_stands(
    dynamodb: DynamoDBClient, people: str
) -> None:
    """Caps were computed on the reading, so a second claim must be decided on a new one."""
    store = DynamoClaimStore(dynamodb, people)
    for _ in range(ROUNDS):
        put_person(dynamodb, people)
        answers = together(lambda n: store.claim(subscriber(), claim(f"c{n}"), ()))
        assert answers.count(Claimed()) == 1


def test_a_release_that_races_other_workers_removes_its_own_claim_and_no_other(
    dynamodb: DynamoDBClient, people: str
) -> None:
    """One holder releases while the others claim anew for the same campaign, as often as they can;
    whoever was told that it holds the claim still does, or has released it itself."""
    store = DynamoClaimStore(dynamodb, people)
    scan = DynamoSubscriberScan(dynamodb, people, SystemClock())
    for turn in range(ROUNDS):
        put_person(dynamodb, people)
        first = replace(claim("c1"), at=NOON + timedelta(microseconds=turn))
        assert store.claim(subscriber(), first, ()) == Claimed()

        def work(number: int, first: Claim = first) -> Claim | None:
            if number < 2:
                store.release(KEY, first)
                return None
            mine = replace(first, at=first.at + timedelta(seconds=number))
            for _ in range(20):
                try:
                    if store.claim(scan.by_keys([KEY])[KEY], mine, ()) == Claimed():
                        return mine
                except TryAgainError:
                    continue
            return None

        held = [mine for mine in together(work) if mine is not None]
        assert held == list(scan.by_keys([KEY])[KEY].standing.claims.values())
        assert len(held) == 1


@dataclass
class Rivals:
    """Someone who says STOP while campaigns claim."""

    consent: DynamoConsentStore
    claims: DynamoClaimStore
    scan: DynamoSubscriberScan

    def stop(self, dedupe_key: str) -> set[str]:
        """Record the STOP, deciding again as often as it takes; return the claims it names."""
        while True:
            before = self.consent.standing(KEY)
            assert before is not None
            try:
                self.consent.commit(stop_of(before, dedupe_key))
            except (ChangedMeanwhileError, TryAgainError):
                continue
            return {str(campaign_id) for campaign_id in before.claims}

    def send(self, number: int) -> set[str]:
        """Claim for a dozen campaigns, each on a fresh reading; return those that stand."""
        return {f"c{number}-{n}" for n in range(12) if self._claim(f"c{number}-{n}")}

    def _claim(self, campaign: str) -> bool:
        try:
            person = self.scan.by_keys([KEY])[KEY]
            return self.claims.claim(person, claim(campaign), ()) == Claimed()
        except TryAgainError:
            # The answer may be lost and the claim stand, as after a timeout.
            return campaign in self.scan.by_keys([KEY])[KEY].standing.claims


def test_every_claim_is_before_a_stop_and_named_in_it_or_refused(
    dynamodb: DynamoDBClient, tables: TemplateTables, people: str
) -> None:
    rivals = Rivals(
        DynamoConsentStore(dynamodb, consent_tables(tables), SystemClock()),
        DynamoClaimStore(dynamodb, people),
        DynamoSubscriberScan(dynamodb, people, SystemClock()),
    )
    stood = 0
    for turn in range(5):
        put_person(dynamodb, people)
        clear_events(dynamodb, tables)
        key = f"in-{turn}"
        named, *won = together(lambda n, key=key: rivals.send(n) if n else rivals.stop(key))  # type: ignore[misc]
        final = rivals.scan.by_keys([KEY])[KEY].standing
        assert final.stopped_at == NOON
        assert named == set().union(*won) == set(final.claims)
        stood += len(named)
    assert 0 < stood < 5 * (THREADS - 1) * 12


def stop_of(before: Standing, dedupe_key: str) -> ConsentChange:
    decided = change(before, stopped(), dedupe_key=dedupe_key)
    withdrawn = {OFFERS: Consent(ConsentStatus.WITHDRAWN, 3, NOON)}
    return replace(decided, after=replace(decided.after, consents=withdrawn, stopped_at=NOON))


def clear_events(client: DynamoDBClient, tables: TemplateTables) -> None:
    """Let the same person begin again at the same event number."""
    for logical_id in ("ConsentEventsTable", "EvidenceTable"):
        name = tables.name(logical_id)
        for item in client.scan(TableName=name)["Items"]:
            client.delete_item(
                TableName=name,
                Key={"subscriber_key": item["subscriber_key"], "seq": item["seq"]},
            )


def test_one_input_delivered_many_times_is_applied_once(
    dynamodb: DynamoDBClient, tables: TemplateTables, people: str
) -> None:
    consent = DynamoConsentStore(dynamodb, consent_tables(tables), SystemClock())
    put_person(dynamodb, people)

    def apply(_: int) -> str:
        for _attempt in range(50):
            before = consent.standing(KEY)
            assert before is not None
            try:
                consent.commit(stop_of(before, "in-1"))
            except AlreadyAppliedError:
                return "known"
            except (ChangedMeanwhileError, TryAgainError):
                continue
            return "applied"
        return "gave up"

    answers = together(apply)
    assert sorted(set(answers)) == ["applied", "known"]
    assert answers.count("applied") == 1
    assert len(consent.history(KEY)) == 1


def in_the_end(act: Callable[[], T]) -> T:
    """Ask again for as long as others keep being first, as every caller does."""
    for _ in range(50):
        with suppress(TryAgainError):
            return act()
    raise AssertionError("others were always first")


def test_bookings_never_overlap(dynamodb: DynamoDBClient, tables: TemplateTables) -> None:
    name = tables.name("ControlTable")
    now = micros(NOON)

    def book(number: int) -> list[Booking]:
        store = DynamoRateStore(dynamodb, name)
        width = 1 + number % 3
        ask = Ask(4, width, 20, now, now + 10**9)
        answers = [in_the_end(lambda: store.book("+1", ask)) for _ in range(6)]
        return [answer for answer in answers if isinstance(answer, Booking)]

    booked = sorted(itertools.chain(*together(book)), key=lambda booking: booking.starts_at)
    assert len(booked) == THREADS * 6
    for earlier, later in itertools.pairwise(booked):
        gap = later.starts_at - earlier.bucket.last_slot
        assert gap == spacing(earlier.width, later.width, 20)


def test_results_recorded_at_once_all_count_and_count_once(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    store = DynamoCampaignStore(dynamodb, tables.name("CampaignsTable"), SystemClock())
    campaign_id = CampaignId("c_1")

    def record(number: int) -> int:
        written = 0
        for batch in range(5):
            own = BatchResult(f"b{number}-{batch}", {Fate.SENT: 10}, {}, 10)
            shared = BatchResult(f"shared-{batch}", {Fate.SENT: 1}, {}, 1)
            for result in (own, shared):
                while True:
                    try:
                        written += store.record_batch(campaign_id, result, NOON)
                        break
                    except TryAgainError:
                        continue
        return written

    assert sum(together(record)) == THREADS * 5 + 5
    progress = store.progress(campaign_id)
    assert progress.batches_done == THREADS * 5 + 5
    assert progress.fates == {Fate.SENT: THREADS * 50 + 5}


def test_one_of_many_equal_requests_does_the_work(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    store = DynamoIdempotencyStore(dynamodb, tables.name("ControlTable"))

    def begin(key: str) -> str:
        try:
            return "mine" if store.begin(key, "body", NOON) is None else "answered"
        except ConflictError:
            return "wait"

    for number in range(ROUNDS):
        answers = together(lambda _n, key=f"k{number}": begin(key))  # type: ignore[misc]
        assert answers.count("mine") == 1
        assert answers.count("wait") == THREADS - 1

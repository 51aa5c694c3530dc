from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.consent.model import Consent, ConsentStatus, Hold
from assent.errors import AlreadyAppliedError, ChangedMeanwhileError
from assent.identifiers import SubscriberKey
from tests.contracts.examples import (
    KEY,
    NEWS,
    OFFERS,
    change,
    open_request,
    requested,
    stopped,
)
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.shared_consent_store import SharedConsentStore
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.consent.model import ConsentStore, Standing
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock


def consent_tables(tables: TemplateTables) -> ConsentTables:
    return ConsentTables(
        subscribers=tables.name("SubscribersTable"),
        events=tables.name("ConsentEventsTable"),
        evidence=tables.name("EvidenceTable"),
        control=tables.name("ControlTable"),
        outbox=tables.name("OutboxTable"),
    )


@pytest.fixture(params=["fake", "shared fake", "aws"])
def store(request: pytest.FixtureRequest, clock: FrozenClock) -> ConsentStore:
    if request.param == "fake":
        return InMemoryConsentStore()
    if request.param == "shared fake":
        return SharedConsentStore(SubscriberTable())
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoConsentStore(client, consent_tables(request.getfixturevalue("tables")), clock)


def stored(store: ConsentStore) -> Standing:
    found = store.standing(KEY)
    assert found is not None
    return found


def test_a_number_never_seen_has_no_standing_and_no_history(store: ConsentStore) -> None:
    assert store.standing(KEY) is None
    assert list(store.history(KEY)) == []


def test_a_first_change_creates_the_standing_as_it_was_given(store: ConsentStore) -> None:
    first = change(None, requested())
    pending = Consent(ConsentStatus.PENDING, 1, NOON + timedelta(microseconds=123))
    after = replace(first.after, consents={OFFERS: pending})

    store.commit(replace(first, after=after))

    assert store.standing(KEY) == after


def test_a_later_change_writes_every_part_of_the_standing(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    second = change(stored(store), stopped())
    after = replace(
        second.after,
        consents={
            OFFERS: Consent(ConsentStatus.WITHDRAWN, 2, NOON),
            NEWS: Consent(ConsentStatus.CONFIRMED, 12, NOON),
        },
        stopped_at=NOON - timedelta(microseconds=3),
        hold=Hold("unclear reply", NOON),
        restricted_at=NOON,
        kept_at=NOON,
    )

    store.commit(replace(second, after=after))

    assert store.standing(KEY) == after


def test_what_is_no_longer_set_is_gone(store: ConsentStore) -> None:
    first = change(None, requested())
    held = replace(first.after, stopped_at=NOON, hold=Hold("r", NOON))
    store.commit(replace(first, after=held))
    second = change(stored(store), requested())
    freed = replace(second.after, stopped_at=None, hold=None, phone=None)

    store.commit(replace(second, after=freed))

    assert store.standing(KEY) == freed


def test_events_come_back_in_order_with_their_evidence_and_unbroken_hashes(
    store: ConsentStore,
) -> None:
    first = change(None, requested(), requested())
    store.commit(first)
    second = change(stored(store), stopped())
    store.commit(second)

    found = store.history(KEY)

    assert [event for event, _ in found] == [e for e, _ in (*first.events, *second.events)]
    assert [event.seq for event, _ in found] == [1, 2, 3]
    for event, evidence in found:
        assert evidence is not None
        assert evidence.digest == event.evidence_digest
    assert found[2][0].previous_hash == found[1][0].hash


def test_a_new_number_is_created_once(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    with pytest.raises(ChangedMeanwhileError):
        store.commit(change(None, stopped()))


def test_a_change_decided_on_an_older_standing_is_refused_and_writes_nothing(
    store: ConsentStore,
) -> None:
    store.commit(change(None, requested()))
    before = stored(store)
    store.commit(change(before, requested()))
    late = replace(change(before, stopped(), dedupe_key="in-1"), open_request=open_request())

    with pytest.raises(ChangedMeanwhileError):
        store.commit(late)

    assert len(store.history(KEY)) == 2
    assert not store.is_applied("in-1")
    assert store.open_request(KEY, OFFERS) is None


def test_a_change_decided_on_another_claims_version_is_refused(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    stale = replace(stored(store), claims_version=1)
    with pytest.raises(ChangedMeanwhileError):
        store.commit(change(stale, stopped()))


def test_an_input_is_applied_once_and_the_second_time_is_told_so(store: ConsentStore) -> None:
    first = change(None, stopped(), dedupe_key="in-1")
    assert not store.is_applied("in-1")
    store.commit(first)
    assert store.is_applied("in-1")

    with pytest.raises(AlreadyAppliedError):
        store.commit(first)
    with pytest.raises(AlreadyAppliedError):
        store.commit(change(stored(store), stopped(), dedupe_key="in-1"))

    assert len(store.history(KEY)) == 1


def test_a_change_without_events_can_remember_an_input(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    store.commit(change(stored(store), dedupe_key="in-2"))
    assert store.is_applied("in-2")
    assert stored(store).seq == 1


def test_an_open_request_is_kept_whole(store: ConsentStore) -> None:
    assert store.open_request(KEY, OFFERS) is None
    store.commit(replace(change(None, requested()), open_request=open_request()))
    assert store.open_request(KEY, OFFERS) == open_request()
    assert list(store.open_requests(KEY, [NEWS, OFFERS])) == [open_request()]


def test_a_later_request_replaces_the_earlier(store: ConsentStore) -> None:
    store.commit(replace(change(None, requested()), open_request=open_request()))
    closed = replace(open_request(), is_open=False, epoch=2)
    store.commit(replace(change(stored(store), requested()), open_request=closed))
    assert store.open_request(KEY, OFFERS) == closed


def test_an_attempt_is_used_once_even_when_two_try_at_once(store: ConsentStore) -> None:
    store.commit(replace(change(None, requested()), open_request=open_request()))
    store.save_request(open_request(4), expected_attempts_left=5)
    with pytest.raises(ChangedMeanwhileError):
        store.save_request(open_request(4), expected_attempts_left=5)
    assert store.open_request(KEY, OFFERS) == open_request(4)


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param({"is_open": False, "texted_at": ()}, id="answered"),
        pytest.param({"epoch": 2}, id="asked for anew"),
        pytest.param({"code_hash": "another"}, id="a new code"),
        pytest.param({"remind_at": None}, id="reminded"),
        pytest.param({"texted_at": (NOON,)}, id="not sent after all"),
    ],
)
def test_an_attempt_read_before_another_change_writes_nothing(
    store: ConsentStore, meanwhile: dict[str, Any]
) -> None:
    changed = replace(open_request(), **meanwhile)
    store.commit(replace(change(None, requested()), open_request=changed))
    with pytest.raises(ChangedMeanwhileError):
        store.save_request(open_request(4), expected_attempts_left=5)
    assert store.open_request(KEY, OFFERS) == changed


def test_an_attempt_at_a_request_without_a_reminder_is_used(store: ConsentStore) -> None:
    plain = replace(open_request(), remind_at=None)
    store.commit(replace(change(None, requested()), open_request=plain))
    store.save_request(replace(plain, attempts_left=4), expected_attempts_left=5)
    assert store.open_request(KEY, OFFERS) == replace(plain, attempts_left=4)


def test_a_request_that_is_not_there_cannot_be_saved(store: ConsentStore) -> None:
    with pytest.raises(ChangedMeanwhileError):
        store.save_request(open_request(), expected_attempts_left=5)


def test_a_pause_is_written_and_taken_back(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    for until in (NOON + timedelta(days=9, microseconds=1), None):
        new = change(stored(store), requested())
        store.commit(replace(new, after=replace(new.after, paused_until=until)))
        assert stored(store).paused_until == until


def test_people_do_not_see_each_other(store: ConsentStore) -> None:
    store.commit(change(None, requested()))
    other = SubscriberKey("k1_other")
    assert store.standing(other) is None
    assert list(store.history(other)) == []
    assert store.open_request(other, OFFERS) is None

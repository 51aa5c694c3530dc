"""Notices are written with the change that asks for them, or not at all, and wait until done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.consent_store import DynamoConsentStore
from assent.aws.outbox import DynamoOutbox
from assent.aws.sweep_store import DynamoSweepStore
from assent.errors import AlreadyAppliedError, ChangedMeanwhileError, SettingsError
from assent.identifiers import SubscriberKey
from assent.provider_opt_outs.outbox import Notice, NoticeState
from assent.provider_opt_outs.sweeping import Sweep
from tests.contracts.examples import KEY, change, requested, stopped
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_sweep_store import InMemorySweepStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.consent.model import ConsentStore
    from assent.provider_opt_outs.outbox import Outbox
    from assent.provider_opt_outs.sweeping import SweepStore
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock


@dataclass(frozen=True)
class Stores:
    consent: ConsentStore
    outbox: Outbox


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    if request.param == "fake":
        store = InMemoryConsentStore()
        return Stores(store, store.outbox)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return Stores(
        DynamoConsentStore(client, consent_tables(tables), clock),
        DynamoOutbox(client, tables.name("OutboxTable")),
    )


def a_notice(number: int = 1, seq: int = 1) -> Notice:
    return Notice(SubscriberKey(f"k1_{number}"), seq, NOON, due_at=NOON)


def test_an_opt_out_leaves_a_notice_under_the_number_of_its_event(stores: Stores) -> None:
    stores.consent.commit(replace(change(None, stopped()), tell_provider=True))
    assert stores.outbox.notice(KEY) == Notice(KEY, 1, NOON, NoticeState.WAITING, NOON)


def test_what_does_not_concern_the_provider_leaves_none(stores: Stores) -> None:
    stores.consent.commit(change(None, requested()))
    assert stores.outbox.notice(KEY) is None
    assert list(stores.outbox.notices()) == []


def test_a_refused_change_leaves_none(stores: Stores) -> None:
    stores.consent.commit(change(None, requested(), dedupe_key="in-1"))
    before = stores.consent.standing(KEY)
    with pytest.raises(ChangedMeanwhileError):
        stores.consent.commit(replace(change(None, stopped()), tell_provider=True))
    with pytest.raises(AlreadyAppliedError):
        stores.consent.commit(
            replace(change(before, stopped(), dedupe_key="in-1"), tell_provider=True)
        )
    assert stores.outbox.notice(KEY) is None


def test_a_later_event_replaces_the_notice_and_what_is_done_about_the_earlier_one_leaves_it(
    stores: Stores,
) -> None:
    stores.consent.commit(replace(change(None, stopped()), tell_provider=True))
    first = stores.outbox.notice(KEY)
    assert first is not None
    before = stores.consent.standing(KEY)
    stores.consent.commit(replace(change(before, stopped()), tell_provider=True))
    assert not stores.outbox.done(first)
    assert not stores.outbox.postpone(first, NoticeState.BLOCKED, NOON + timedelta(days=1))
    (kept,) = stores.outbox.notices()
    assert (kept.seq, kept.state) == (2, NoticeState.WAITING)


def test_all_notices_are_found_whatever_their_number(stores: Stores) -> None:
    notices = {a_notice(number) for number in range(60)}
    assert all(stores.outbox.put(each) for each in notices)
    assert set(stores.outbox.notices()) == notices


def test_a_number_has_one_notice(stores: Stores) -> None:
    assert stores.outbox.put(a_notice(seq=1))
    assert not stores.outbox.put(a_notice(seq=2))
    assert list(stores.outbox.notices()) == [a_notice(seq=1)]


def test_a_postponed_notice_says_until_when_and_why(stores: Stores) -> None:
    stores.outbox.put(a_notice())
    due_at = NOON + timedelta(hours=1, microseconds=1)
    assert stores.outbox.postpone(a_notice(), NoticeState.SETTLING, due_at)
    kept = stores.outbox.notice(a_notice().subscriber_key)
    assert kept == replace(a_notice(), state=NoticeState.SETTLING, due_at=due_at)


def test_what_is_done_is_gone_and_stays_so(stores: Stores) -> None:
    stores.outbox.put(a_notice())
    assert stores.outbox.done(a_notice())
    assert not stores.outbox.done(a_notice())
    assert not stores.outbox.postpone(a_notice(), NoticeState.BLOCKED, NOON)
    assert list(stores.outbox.notices()) == []


def test_a_store_without_an_outbox_changes_nobodys_opt_out(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    store = DynamoConsentStore(dynamodb, replace(consent_tables(tables), outbox=""), clock)
    store.commit(change(None, requested()))
    with pytest.raises(SettingsError):
        store.commit(replace(change(store.standing(KEY), stopped()), tell_provider=True))


@pytest.fixture(params=["fake", "aws"])
def sweeps(request: pytest.FixtureRequest, clock: FrozenClock) -> SweepStore:
    if request.param == "fake":
        return InMemorySweepStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoSweepStore(client, tables.name("ControlTable"), clock)


def test_a_sweep_is_kept_until_it_ends(sweeps: SweepStore) -> None:
    assert sweeps.load() is None
    for cursor in ("a", "b", None):
        sweeps.save(Sweep(NOON, cursor))
        assert sweeps.load() == Sweep(NOON, cursor)
    sweeps.end()
    sweeps.end()
    assert sweeps.load() is None

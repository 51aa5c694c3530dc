from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.errors import ChangedMeanwhileError
from assent.evidence.staff_audit import (
    WRITTEN_AT_ONCE,
    AuditAction,
    AuditOutcome,
    Deed,
    Question,
    Tip,
    chained,
)
from assent.identifiers import SubscriberKey
from tests.contracts.conftest import beyond_the_old_engine
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.evidence.staff_audit import AuditEntry, StaffAuditStore
    from tests.contracts.template_tables import TemplateTables

ANN, BOB = SubscriberKey("k1_ann"), SubscriberKey("k1_bob")
TODAY = NOON.date()


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> StaffAuditStore:
    if request.param == "fake":
        return InMemoryStaffAuditStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoStaffAuditStore(client, tables.name("StaffAuditTable"))


def deed(**given: Any) -> Deed:
    return Deed(
        **{
            "actor": "eve",
            "groups": ("compliance", "marketing"),
            "action": AuditAction.HISTORY_READ,
            "outcome": AuditOutcome.DONE,
            "route": "GET /v1/consents/history",
            "request_id": "r=",
            **given,
        }
    )


def add(store: StaffAuditStore, *deeds: Deed, shard: int = 0, minutes: int = 0) -> list[AuditEntry]:
    tip = store.tip(shard)
    entries = chained(deeds, tip, shard, NOON + timedelta(minutes=minutes))
    store.append(entries, tip)
    return entries


def ask(store: StaffAuditStore, limit: int = 9, **whose: Any) -> Sequence[AuditEntry]:
    page, _ = store.page(Question(**whose), before=None, limit=limit)
    assert all(each.stored_hash == each.entry.hash for each in page)
    return [each.entry for each in page]


def test_an_entry_comes_back_whole(store: StaffAuditStore) -> None:
    (entry,) = add(store, deed(subscriber_key=ANN, about="e_1"))
    assert ask(store, day=TODAY) == [entry]
    assert ask(store, subscriber_key=ANN) == [entry]
    assert ask(store, actor="eve") == [entry]


def test_the_tip_is_that_of_the_last_entry_of_each_shard(store: StaffAuditStore) -> None:
    assert store.tip(0) == Tip()
    *_, last = add(store, deed(), deed())
    assert store.tip(0) == Tip(2, last.hash)
    assert store.tip(1) == Tip()


def test_of_two_writers_one_is_refused_and_leaves_nothing(store: StaffAuditStore) -> None:
    first = add(store, deed())
    for stale in (Tip(), Tip(1, "another hash")):
        with pytest.raises(ChangedMeanwhileError):
            store.append(chained([deed(actor="mallory")], stale, 0, NOON), stale)
    assert ask(store, day=TODAY) == first


def test_an_entry_is_never_replaced(store: StaffAuditStore) -> None:
    first = add(store, deed())
    tip = store.tip(0)
    with pytest.raises(ChangedMeanwhileError):
        store.append(first, tip)
    assert store.tip(0) == tip


def test_a_person_an_actor_and_a_day_have_their_own_entries(store: StaffAuditStore) -> None:
    ann, bob = add(store, deed(subscriber_key=ANN), deed(subscriber_key=BOB))
    (other,) = add(store, deed(actor="adam"), shard=1)
    (tomorrow,) = add(store, deed(), minutes=24 * 60)
    assert ask(store, subscriber_key=ANN) == [ann]
    assert ask(store, subscriber_key=SubscriberKey("k1_nobody")) == []
    assert ask(store, actor="adam") == [other]
    assert ask(store, day=TODAY) == [other, bob, ann]
    assert ask(store, day=TODAY + timedelta(days=1)) == [tomorrow]


def test_pages_go_back_in_time_across_shards_without_gap_or_repeat(store: StaffAuditStore) -> None:
    for minute in range(9):
        add(store, deed(subscriber_key=ANN), shard=minute % 4, minutes=minute)
    for question in (Question(day=TODAY), Question(subscriber_key=ANN), Question(actor="eve")):
        seen, before = [], None
        while True:
            page, before = store.page(question, before=before, limit=4)
            seen += [each.entry.at for each in page]
            if before is None:
                break
        assert seen == [NOON + timedelta(minutes=m) for m in range(8, -1, -1)]


@beyond_the_old_engine
def test_as_many_entries_as_one_write_may_hold(store: StaffAuditStore) -> None:
    entries = add(store, *(deed(about=f"e_{n}") for n in range(WRITTEN_AT_ONCE)))
    assert len(ask(store, limit=99, day=TODAY)) == len(entries) == WRITTEN_AT_ONCE

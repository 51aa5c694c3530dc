from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import ChangedMeanwhileError, TryAgainError
from assent.evidence.staff_audit import (
    SHARDS,
    WRITTEN_AT_ONCE,
    AuditAction,
    AuditOutcome,
    Deed,
    Question,
    StaffAudit,
    StoredEntry,
    Tip,
    chained,
    checked,
    shard_of,
)
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.evidence.staff_audit import AuditEntry

DEED = Deed(
    "eve",
    ("compliance",),
    AuditAction.CONSENTS_READ,
    AuditOutcome.DONE,
    "GET /v1/consents",
    "r1",
    "e_1",
    SubscriberKey("k1_ann"),
)


class Contended(InMemoryStaffAuditStore):
    """Others are first a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def append(self, entries: Sequence[AuditEntry], after: Tip) -> None:
        if self.times:
            self.times -= 1
            raise ChangedMeanwhileError("another was first")
        super().append(entries, after)


def stored(entries: Sequence[AuditEntry]) -> list[StoredEntry]:
    return [StoredEntry(entry, entry.hash) for entry in entries]


def test_deeds_of_one_request_are_chained_in_order() -> None:
    store = InMemoryStaffAuditStore()
    StaffAudit(store, FrozenClock()).record([DEED, replace(DEED, about="e_2")])
    first, second = store.entries
    assert (first.seq, first.previous_hash) == (1, "")
    assert (second.seq, second.previous_hash) == (2, first.hash)
    assert store.tip(shard_of("eve")) == Tip(2, second.hash)


def test_more_deeds_than_one_write_may_hold_are_written_in_several() -> None:
    store = InMemoryStaffAuditStore()
    StaffAudit(store, FrozenClock()).record([DEED] * (2 * WRITTEN_AT_ONCE + 1))
    assert [entry.seq for entry in store.entries] == list(range(1, 2 * WRITTEN_AT_ONCE + 2))


def test_who_comes_second_reads_the_tip_anew() -> None:
    store = Contended(times=9)
    StaffAudit(store, FrozenClock()).record([DEED])
    assert [entry.seq for entry in store.entries] == [1]


def test_who_is_always_second_is_told_to_try_again() -> None:
    store = Contended(times=99)
    with pytest.raises(TryAgainError):
        StaffAudit(store, FrozenClock()).record([DEED])
    assert store.entries == []


@given(st.text(max_size=40))
def test_a_person_stays_in_one_shard(actor: str) -> None:
    assert 0 <= shard_of(actor) < SHARDS
    assert shard_of(actor) == shard_of(actor)


_CHANGED: dict[str, Any] = {
    "actor": "adam",
    "groups": (),
    "action": AuditAction.AUDIT_READ,
    "outcome": AuditOutcome.FAILED,
    "route": "GET /v1/audit",
    "request_id": "r2",
    "about": None,
    "subscriber_key": None,
}


@pytest.mark.parametrize("name", [each.name for each in fields(Deed)])
def test_every_field_of_a_deed_is_under_the_hash(name: str) -> None:
    (entry,) = chained([DEED], Tip(), 0, NOON)
    altered = replace(entry, deed=replace(DEED, **{name: _CHANGED[name]}))
    assert altered.hash != entry.hash
    (found,) = checked([StoredEntry(altered, entry.hash)])
    assert not found.is_intact


def test_an_entry_rewritten_with_its_hash_breaks_its_successor() -> None:
    first, second = chained([DEED, DEED], Tip(), 0, NOON)
    forged = replace(first, deed=replace(DEED, actor="nobody"))
    assert [e.is_intact for e in checked(stored([second, forged]))] == [False, True]
    assert [e.is_intact for e in checked(stored([second, first]))] == [True, True]


def test_a_first_entry_follows_nothing() -> None:
    (entry,) = chained([DEED], Tip(), 0, NOON)
    (found,) = checked(stored([replace(entry, previous_hash="f")]))
    assert not found.is_intact


def test_a_page_says_whether_each_entry_is_intact() -> None:
    audit = StaffAudit(InMemoryStaffAuditStore(), FrozenClock())
    audit.record([DEED, DEED, DEED])
    page, more = audit.page(Question(actor="eve"), limit=2)
    assert [(each.entry.seq, each.is_intact) for each in page] == [(3, True), (2, True)]
    rest, end = audit.page(Question(actor="eve"), before=more, limit=2)
    assert ([each.entry.seq for each in rest], end) == ([1], None)

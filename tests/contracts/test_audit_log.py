"""The staff audit as exports and dossiers read it: by day and chain, and by person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.export_sources import DynamoAuditLog
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.evidence.staff_audit import StoredEntry, Tip, chained
from tests.contracts.test_staff_audit_store import ANN, BOB, TODAY, deed
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_export_sources import InMemoryAuditLog

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.evidence.sources import AuditLog
    from tests.contracts.template_tables import TemplateTables

# Two chains, so that a person's entries are put together from both.
ENTRIES = [
    *chained([deed(subscriber_key=ANN), deed(subscriber_key=BOB)], Tip(), 1, NOON),
    *chained([deed(), deed(subscriber_key=ANN)], Tip(), 0, NOON + timedelta(minutes=1)),
]


@pytest.fixture(params=["fake", "aws"])
def log(request: pytest.FixtureRequest) -> AuditLog:
    if request.param == "fake":
        return InMemoryAuditLog([StoredEntry(each, each.hash) for each in ENTRIES])
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    name = tables.name("StaffAuditTable")
    store = DynamoStaffAuditStore(client, name)
    store.append(ENTRIES[:2], Tip())
    store.append(ENTRIES[2:], Tip())
    return DynamoAuditLog(client, name)


def test_one_persons_entries_come_in_order_of_time_from_every_chain(log: AuditLog) -> None:
    assert [each.entry for each in log.of(ANN)] == [ENTRIES[0], ENTRIES[3]]
    assert [each.entry for each in log.of(BOB)] == [ENTRIES[1]]


def test_a_day_of_one_chain_comes_page_by_page(log: AuditLog) -> None:
    (first,) = log.entries(TODAY, 1, "", 1)
    rest = log.entries(TODAY, 1, first.entry.position, 9)
    assert [first.entry, *(each.entry for each in rest)] == ENTRIES[:2]

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.export_store import DynamoExportStore
from assent.consent.model import ConsentStatus
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ExportNotFoundError
from assent.evidence.datasets import Dataset, ExportQuery, FileFormat
from assent.evidence.export import Export, ExportStatus
from assent.identifiers import ExportId, ProgrammeId, SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_export_store import InMemoryExportStore

if TYPE_CHECKING:
    from assent.evidence.export import ExportStore

PLAIN = Export(
    export_id=ExportId("e_1"),
    query=ExportQuery(NOON - timedelta(days=1), NOON),
    requested_by="ann",
    created_at=NOON,
    object_key="exports/e_1/log.csv",
)
FULL = replace(
    PLAIN,
    export_id=ExportId("e_2"),
    query=ExportQuery(
        NOON - timedelta(days=1),
        NOON,
        tuple(Dataset),
        FileFormat.JSONL,
        ProgrammeId("deals"),
        (ConsentStatus.CONFIRMED, ConsentStatus.PENDING),
        (SubscriberKey("k1_ann"),),
    ),
    status=ExportStatus.DONE,
    upload_id="u-1",
    begun_at=NOON,
    state_key="exports/e_2/state-3",
    stage="messages",
    run=2,
    rows=7,
    bytes=8_388_620,
    finished_at=NOON + timedelta(microseconds=1),
    version=9,
)


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> ExportStore:
    if request.param == "fake":
        return InMemoryExportStore()
    client = request.getfixturevalue("dynamodb")
    return DynamoExportStore(client, request.getfixturevalue("tables").name("ExportsTable"))


@pytest.mark.parametrize("export", [PLAIN, FULL], ids=["new", "with every field"])
def test_an_export_comes_back_whole(store: ExportStore, export: Export) -> None:
    store.create(export)
    assert store.export(export.export_id) == export


def test_an_id_is_taken_once(store: ExportStore) -> None:
    store.create(PLAIN)
    with pytest.raises(AlreadyExistsError):
        store.create(replace(PLAIN, requested_by="bob"))
    assert store.export(PLAIN.export_id).requested_by == "ann"


def test_an_unknown_export_is_not_found(store: ExportStore) -> None:
    with pytest.raises(ExportNotFoundError):
        store.export(ExportId("e_0"))


def test_saving_raises_the_version(store: ExportStore) -> None:
    store.create(PLAIN)
    saved = store.save(replace(PLAIN, rows=3))
    assert saved == replace(PLAIN, rows=3, version=2)
    assert store.export(PLAIN.export_id) == saved


def test_a_stale_version_is_refused_and_nothing_written(store: ExportStore) -> None:
    store.create(PLAIN)
    saved = store.save(replace(PLAIN, rows=3))
    with pytest.raises(ChangedMeanwhileError):
        store.save(replace(PLAIN, rows=99))
    assert store.export(PLAIN.export_id) == saved


def test_an_export_that_was_never_created_cannot_be_saved(store: ExportStore) -> None:
    with pytest.raises(ChangedMeanwhileError):
        store.save(PLAIN)


def test_exports_are_listed_newest_first(store: ExportStore) -> None:
    later = replace(FULL, created_at=NOON + timedelta(seconds=1))
    store.create(PLAIN)
    store.create(later)
    assert list(store.exports()) == [later, PLAIN]

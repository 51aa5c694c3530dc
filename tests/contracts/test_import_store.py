from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.import_store import DynamoImportStore
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ImportNotFoundError
from assent.identifiers import ImportId, ProgrammeId
from assent.imports.model import Import, ImportStatus, Source, Tally
from assent.imports.records import Dialect
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_import_store import InMemoryImportStore

if TYPE_CHECKING:
    from assent.imports.model import ImportStore

PLAIN = Import(
    import_id=ImportId("i_1"),
    programme_id=ProgrammeId("offers"),
    name="old list",
    source=Source("assent"),
    object_key="imports/i_1/file",
    created_by="eve",
    created_at=NOON,
)
FULL = replace(
    PLAIN,
    import_id=ImportId("i_2"),
    source=Source("twilio", {"Mobile": "phone"}, "US"),
    status=ImportStatus.RUNNING,
    dialect=Dialect(";", ("phone", "status"), 13),
    etag='"e"',
    size=5_000_000_000,
    checked=Tally(99, 7, {"accepted": 7}, {"A": 7}, {}, 1),
    ran=Tally(50, 3, {"accepted": 2, "faulty": 1}, {"A": 2}, {"faulty:not_utf8": 1}, 1),
    run=2,
    why="because",
    finished_at=NOON + timedelta(microseconds=1),
    version=9,
)


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> ImportStore:
    if request.param == "fake":
        return InMemoryImportStore()
    client = request.getfixturevalue("dynamodb")
    return DynamoImportStore(client, request.getfixturevalue("tables").name("ImportsTable"))


@pytest.mark.parametrize("made", [PLAIN, FULL], ids=["new", "with every field"])
def test_an_import_comes_back_whole(store: ImportStore, made: Import) -> None:
    store.create(made)
    assert store.one(made.import_id) == made


def test_an_id_is_taken_once(store: ImportStore) -> None:
    store.create(PLAIN)
    with pytest.raises(AlreadyExistsError):
        store.create(PLAIN)


def test_an_unknown_id_is_not_found(store: ImportStore) -> None:
    with pytest.raises(ImportNotFoundError):
        store.one(ImportId("i_none"))


def test_of_two_changes_of_one_version_one_is_refused(store: ImportStore) -> None:
    store.create(PLAIN)
    saved = store.save(replace(PLAIN, status=ImportStatus.CANCELLED))
    assert saved.version == 2
    with pytest.raises(ChangedMeanwhileError):
        store.save(replace(PLAIN, status=ImportStatus.CHECKING))
    assert store.one(PLAIN.import_id).status is ImportStatus.CANCELLED


def test_all_come_newest_first(store: ImportStore) -> None:
    later = replace(PLAIN, import_id=ImportId("i_3"), created_at=NOON + timedelta(seconds=1))
    for each in (PLAIN, later, FULL):
        store.create(each)
    assert [each.import_id for each in store.all()] == ["i_3", "i_2", "i_1"]

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.errors import ChangedMeanwhileError
from assent.evidence.building import BuildStatus
from assent.evidence.bundle import UnfitManifestError
from assent.evidence.datasets import COLUMNS, Dataset, FileFormat
from assent.evidence.export import ExportStatus
from assent.evidence.manifest_signing import ManifestSigning
from assent.evidence.signature import is_signed
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.bundles import AT_ONCE, EVERYTHING, ID, Bundle, asked, bundle_of
from tests.unit.evidence.chains import DEALS, NEWS, chain, people
from tests.unit.evidence.sealed_log import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable


def opened(made: Bundle) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(made.file))


def rows(made: Bundle, dataset: Dataset = Dataset.CONSENT_EVENTS) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    with opened(made) as files:
        for name in sorted(files.namelist()):
            if name.startswith(f"{dataset.value}/") and name.endswith(".csv"):
                text = files.read(name).decode()
                found += csv.DictReader(io.StringIO(text, newline=""))
    return found


def read(made: Bundle, name: str) -> bytes:
    with opened(made) as files:
        return files.read(name)


def test_the_bundle_holds_the_log_in_time_order_with_each_rows_digest() -> None:
    made = bundle_of(150)
    found = rows(made)
    times = [row["event_at"] for row in found]
    assert (len(times), times) == (300, sorted(times))
    assert (made.export.status, made.export.rows) == (ExportStatus.DONE, 300)
    assert made.export.bytes == len(made.file)
    assert len({row["digest"] for row in found}) >= 2


def test_any_reader_of_zip_files_finds_it_sound() -> None:
    made = bundle_of(20, query=asked(datasets=EVERYTHING))
    with opened(made) as files:
        assert files.testzip() is None
        assert "README.txt" in files.namelist()


def test_every_set_has_its_documented_columns_in_both_formats() -> None:
    for file_format in FileFormat:
        made = bundle_of(3, query=asked(datasets=EVERYTHING, file_format=file_format))
        for dataset in Dataset:
            first = read(made, f"{dataset.value}/00001.{file_format.value}").split(b"\n")[0]
            if file_format is FileFormat.CSV:
                assert first.decode().strip().split(",") == list(COLUMNS[dataset])
            elif first:
                assert list(json.loads(first)) == list(COLUMNS[dataset])


def test_one_signature_holds_every_file() -> None:
    made = bundle_of(20, query=asked(datasets=EVERYTHING))
    manifest, key = read(made, "manifest.json"), made.log.signer.public_key()
    assert is_signed(manifest, read(made, "manifest.sig"), key)
    told = json.loads(manifest)
    files = read(made, "files.jsonl")
    assert told["files_sha256"] == hashlib.sha256(files).hexdigest()
    listed = {line["name"]: line["sha256"] for line in map(json.loads, files.splitlines())}
    with opened(made) as container:
        apart = {"manifest.json", "manifest.sig", "files.jsonl"}
        assert set(container.namelist()) == set(listed) | apart
        for name, sum_ in listed.items():
            assert hashlib.sha256(container.read(name)).hexdigest() == sum_
    assert told["requested_by"] == "ann"
    assert told["counts"] == {
        "consent_events": 40,
        "current_consents": 20,
        "messages": 20,
        "opt_outs": 0,
        "staff_audit": 5,
    }


def test_an_export_of_nothing_has_its_header_and_its_proof_of_being_asked() -> None:
    made = bundle_of(0)
    assert read(made, "consent_events/00001.csv").startswith(b"event_at,")
    assert rows(made) == []


def test_a_build_in_many_steps_has_the_same_rows() -> None:
    whole = bundle_of(100)
    stepped = Bundle(people(100), most_leaves=20, piece_rows=30)
    assert stepped.build(AT_ONCE) > 5
    kept = [name for name in COLUMNS[Dataset.CONSENT_EVENTS] if name not in ("digest", "leaf")]
    assert [[r[k] for k in kept] for r in rows(stepped)] == [
        [r[k] for k in kept] for r in rows(whole)
    ]
    assert stepped.export.rows == whole.export.rows


def test_a_build_whose_rows_are_all_filtered_out_moves_on() -> None:
    made = Bundle(people(60), query=asked(programme_id=NEWS), most_leaves=10)
    assert made.build(AT_ONCE) > 5
    assert rows(made) == []


def test_the_span_is_half_open() -> None:
    early = chain((EventType.REQUESTED, DEALS))
    late = chain((EventType.REQUESTED, DEALS), start=NOON + timedelta(hours=1), key=_key("bob"))
    query = replace(asked(), since=NOON, until=NOON + timedelta(hours=1))
    made = Bundle([*early, *late], query=query)
    made.build()
    assert [row["subscriber_key"] for row in rows(made)] == ["k1_ann"]


def _key(name: str) -> SubscriberKey:
    return SubscriberKey(f"k1_{name}")


def test_a_programme_export_keeps_brand_wide_events_and_drops_other_programmes() -> None:
    steps = (EventType.REQUESTED, DEALS), (EventType.REQUESTED, NEWS), (EventType.WITHDRAWN, None)
    made = Bundle(chain(*steps), query=asked(programme_id=DEALS))
    made.build()
    assert [row["programme_id"] for row in rows(made)] == ["deals", ""]


@pytest.mark.parametrize("dataset", [d for d in Dataset if d is not Dataset.STAFF_AUDIT])
def test_numbers_and_statuses_narrow_every_set_of_people(dataset: Dataset) -> None:
    history = [
        *chain((EventType.WITHDRAWN, None), key=_key("bob")),
        *chain((EventType.WITHDRAWN, None), key=_key("cat")),
    ]
    one = Bundle(history, query=asked(datasets=(dataset,), subscriber_keys=(_key("bob"),)))
    one.build()
    assert {row["subscriber_key"] for row in rows(one, dataset)} == {"k1_bob"}
    for status, count in ((ConsentStatus.CONFIRMED, 2), (ConsentStatus.PENDING, 0)):
        narrowed = Bundle(history, query=asked(datasets=(dataset,), statuses=(status,)))
        narrowed.build()
        assert len(rows(narrowed, dataset)) == count


def test_opt_outs_are_the_withdrawals_of_the_log() -> None:
    steps = (EventType.REQUESTED, DEALS), (EventType.WITHDRAWN, None)
    made = Bundle(chain(*steps), query=asked(datasets=(Dataset.OPT_OUTS,)))
    made.build()
    assert [row["type"] for row in rows(made, Dataset.OPT_OUTS)] == ["withdrawn"]
    (proof,) = map(json.loads, read(made, "opt_outs/00001.proofs.jsonl").splitlines())
    assert (proof["leaves"], len(proof["hashes"])) == ([1], 1)


def test_an_event_that_was_sealed_and_is_gone_is_told() -> None:
    made = Bundle(people(3))
    del made.events.stored[_key("000001"), 2]
    made.build()
    proofs = map(json.loads, read(made, "consent_events/00001.proofs.jsonl").splitlines())
    assert sum(len(proof["missing"]) for proof in proofs) == 1


class _CrashError(Exception):
    """The sandbox is gone."""


class _Dying:
    """Passes calls on and dies after so many writes, each of which took effect."""

    def __init__(self, target: object, left: list[int]) -> None:
        self._target, self._left = target, left

    def __getattr__(self, name: str) -> Callable[..., object]:
        found: Callable[..., object] = getattr(self._target, name)
        if name not in ("save", "begin", "part", "complete", "park"):
            return found

        def write(*given: object) -> object:
            answer = found(*given)
            self._left[0] -= 1
            if self._left[0] < 0:
                raise _CrashError
            return answer

        return write


def test_a_crash_at_any_write_repeats_and_loses_no_row() -> None:
    def fresh() -> Bundle:
        return Bundle(people(60), piece_rows=25, most_leaves=10, query=asked(datasets=EVERYTHING))

    expected, crashes = fresh(), 0
    expected.build()
    for survived in range(60):
        made, left = fresh(), [survived]
        parts = {"sink": _Dying(made.bucket, left), "store": _Dying(made.store, left)}
        fragile = replace(made.building, **parts)  # type: ignore[arg-type]
        try:
            while fragile.build(ID, NEVER) is BuildStatus.SIGN:
                ManifestSigning(made.bucket, made.log.signer).sign(ID)
        except _CrashError:
            crashes += 1
        made.build()
        for dataset in Dataset:
            assert rows(made, dataset) == rows(expected, dataset)
        assert made.export.rows == expected.export.rows
    assert crashes > 25


def test_a_cancelled_export_stops_and_goes_on_where_it_was() -> None:
    made = Bundle(people(60), most_leaves=10, piece_rows=10)
    while not made.export.rows:
        made.building.build(ID, AT_ONCE)
    made.store.save(replace(made.export, status=ExportStatus.CANCELLED))
    before = made.export.rows
    assert made.building.build(ID, NEVER) is BuildStatus.DONE
    assert made.export.status is ExportStatus.CANCELLED
    made.store.save(replace(made.export, status=ExportStatus.REQUESTED))
    made.build()
    assert 0 < before < made.export.rows == len(rows(made)) == 120


def test_a_cancellation_during_a_step_ends_it_quietly() -> None:
    made = Bundle(people(5))
    building = made.building
    store = made.store

    class _Cancelled:
        def __getattr__(self, name: str) -> Callable[..., object]:
            found: Callable[..., object] = getattr(made.bucket, name)
            if name == "park" and made.export.status is ExportStatus.RUNNING:
                store.save(replace(made.export, status=ExportStatus.CANCELLED))
            return found

    cancelled = replace(building, sink=_Cancelled())  # type: ignore[arg-type]
    assert cancelled.build(ID, NEVER) is BuildStatus.DONE
    assert made.export.status is ExportStatus.CANCELLED


def test_an_execution_of_an_earlier_run_leaves_the_export_alone() -> None:
    made = Bundle(people(5))
    made.store.save(replace(made.export, run=2))
    before = made.export
    assert made.building.build(ID, NEVER, run=1) is BuildStatus.DONE
    made.building.fail(ID, run=1)
    assert made.export == before
    assert made.building.build(ID, NEVER, run=2) is BuildStatus.SIGN


def test_a_rival_build_is_noticed() -> None:
    made = Bundle(people(60), most_leaves=10)
    made.building.build(ID, AT_ONCE)
    stale = made.export
    made.building.build(ID, AT_ONCE)
    with pytest.raises(ChangedMeanwhileError):
        made.store.save(stale)


def test_a_finished_build_does_nothing_when_called_again() -> None:
    made = bundle_of(3)
    before = made.export
    assert made.building.build(ID, NEVER) is BuildStatus.DONE
    made.building.fail(ID)
    assert made.export == before


def test_a_failed_export_leaves_no_upload_behind() -> None:
    made = Bundle(people(60))
    made.building.build(ID, AT_ONCE)
    made.building.fail(ID)
    assert made.export.status is ExportStatus.FAILED
    assert made.bucket.open_uploads == 0


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b'{"document":"assent.digest/1"}', b"x" * 5000],
    ids=["none", "no object", "a digest", "too long"],
)
def test_nothing_but_a_manifest_of_the_export_is_signed(document: bytes) -> None:
    made = Bundle(people(1))
    made.bucket.park(made.export.manifest_key, document)
    signed = made.log.signer.signed
    with pytest.raises(UnfitManifestError):
        ManifestSigning(made.bucket, made.log.signer).sign(ID)
    assert made.log.signer.signed == signed

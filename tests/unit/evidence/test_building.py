from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType
from assent.errors import ChangedMeanwhileError
from assent.evidence.building import BuildStatus, ExportBuilding
from assent.evidence.export import Export, ExportStatus, Part
from assent.identifiers import ExportId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_event_source import InMemoryEventSource
from tests.fakes.in_memory_export_bucket import InMemoryExportBucket
from tests.fakes.in_memory_export_store import InMemoryExportStore
from tests.fakes.in_memory_phone_lookup import InMemoryPhoneLookup
from tests.unit.evidence.chains import DEALS, NEWS, chain, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.consent.events import ConsentEvent, Evidence

ID = ExportId("e_1")
NEVER = NOON + timedelta(days=3650)
AT_ONCE = NOON - timedelta(days=3650)
ASKED = NOON + timedelta(days=3)


@dataclass
class Bench:
    """One export over fakes; `part_bytes` is small, so that a few rows make a part."""

    store: InMemoryExportStore
    bucket: InMemoryExportBucket
    building: ExportBuilding

    def build_in_steps(self, deadline: datetime = AT_ONCE, limit: int = 500) -> int:
        for calls in range(1, limit):
            if self.building.build(ID, deadline) is BuildStatus.DONE:
                return calls
        pytest.fail("the build does not come to an end")

    @property
    def export(self) -> Export:
        return self.store.export(ID)

    @property
    def file(self) -> bytes:
        return self.bucket.objects[self.export.object_key]

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.file.decode(), newline="")))


def bench(
    history: Sequence[tuple[ConsentEvent, Evidence | None]],
    *,
    programme_id: ProgrammeId | None = None,
    part_bytes: int = 4096,
) -> Bench:
    store, bucket = InMemoryExportStore(), InMemoryExportBucket()
    store.create(
        Export(
            export_id=ID,
            since=NOON - timedelta(hours=1),
            until=ASKED,
            programme_id=programme_id,
            requested_by="ann",
            created_at=ASKED,
            object_key="exports/e_1/log.csv",
        )
    )
    phones = {event.subscriber_key: PhoneNumber.stored("+16125550103") for event, _ in history}
    building = ExportBuilding(
        store,
        InMemoryEventSource(history),
        InMemoryPhoneLookup(phones),
        bucket,
        FrozenClock(ASKED),
        part_bytes,
    )
    return Bench(store, bucket, building)


def test_the_file_is_the_log_in_time_order() -> None:
    made = bench(people(200))
    assert made.building.build(ID, NEVER) is BuildStatus.DONE
    times = [row["event_at"] for row in made.rows]
    assert len(times) == 400
    assert times == sorted(times)
    assert (made.export.status, made.export.rows) == (ExportStatus.DONE, 400)
    assert made.export.bytes == len(made.file)


def test_an_export_of_nothing_has_a_header() -> None:
    made = bench([])
    made.building.build(ID, NEVER)
    assert made.file.startswith(b"event_at,")
    assert made.rows == []


def test_a_build_in_many_steps_gives_the_same_bytes() -> None:
    whole, stepped = bench(people(200)), bench(people(200))
    whole.building.build(ID, NEVER)
    assert stepped.build_in_steps() > 3
    assert stepped.file == whole.file
    assert stepped.export.rows == whole.export.rows


def test_a_build_whose_rows_never_fill_a_part_moves_on() -> None:
    made = bench(people(200), programme_id=NEWS)
    assert made.build_in_steps() > 3
    assert made.rows == []


def test_the_span_is_half_open() -> None:
    early = chain((EventType.REQUESTED, DEALS), start=NOON - timedelta(hours=1))
    late = chain((EventType.REQUESTED, DEALS), start=ASKED, key=SubscriberKey("k1_bob"))
    made = bench([*early, *late])
    made.building.build(ID, NEVER)
    assert [row["subscriber_key"] for row in made.rows] == ["k1_ann"]


def test_a_programme_export_keeps_brand_wide_events_and_drops_other_programmes() -> None:
    steps = (EventType.REQUESTED, DEALS), (EventType.REQUESTED, NEWS), (EventType.WITHDRAWN, None)
    made = bench(chain(*steps), programme_id=DEALS)
    made.building.build(ID, NEVER)
    assert [row["programme_id"] for row in made.rows] == ["deals", ""]


def test_a_crash_at_any_write_repeats_and_loses_no_row() -> None:
    expected = bench(people(60))
    expected.building.build(ID, NEVER)
    crashes = 0
    for survived in range(30):
        made = bench(people(60))
        fragile = _DiesAfter(made.bucket, made.store, survived)
        try:
            replace(made.building, sink=fragile, store=fragile).build(ID, NEVER)
        except _CrashError:
            crashes += 1
        made.build_in_steps(NEVER)
        assert made.file == expected.file
        assert made.export.rows == 120
    assert crashes == 8  # each write of a build that nothing interrupts


def test_a_rival_build_is_noticed() -> None:
    made = bench(people(60))
    made.building.build(ID, AT_ONCE)
    stale = made.export
    made.building.build(ID, AT_ONCE)
    with pytest.raises(ChangedMeanwhileError):
        made.store.save(stale)


def test_a_finished_build_does_nothing_when_called_again() -> None:
    made = bench(people(3))
    made.building.build(ID, NEVER)
    before = made.export
    assert made.building.build(ID, NEVER) is BuildStatus.DONE
    made.building.fail(ID)
    assert made.export == before


def test_a_failed_export_leaves_no_upload_behind() -> None:
    made = bench(people(60))
    made.building.build(ID, AT_ONCE)
    made.building.fail(ID)
    assert made.export.status is ExportStatus.FAILED
    assert made.bucket.open_uploads == 0


def test_an_export_up_to_now_waits_for_the_index() -> None:
    made = bench([])
    clock = made.building.clock
    made.building.build(ID, NEVER)
    assert isinstance(clock, FrozenClock)
    assert clock.slept == [2.0]


class _CrashError(Exception):
    """The sandbox is gone."""


class _DiesAfter:
    """Passes `survived` writes on and dies at the next, after it took effect."""

    def __init__(
        self, bucket: InMemoryExportBucket, store: InMemoryExportStore, survived: int
    ) -> None:
        self._bucket, self._store, self._left = bucket, store, survived

    def _tick(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _CrashError

    def create(self, export: Export) -> None:
        self._store.create(export)

    def export(self, export_id: ExportId) -> Export:
        return self._store.export(export_id)

    def exports(self) -> Sequence[Export]:
        return self._store.exports()

    def save(self, export: Export) -> Export:
        saved = self._store.save(export)
        self._tick()
        return saved

    def begin(self, object_key: str) -> str:
        upload_id = self._bucket.begin(object_key)
        self._tick()
        return upload_id

    def part(self, object_key: str, upload_id: str, number: int, body: bytes) -> Part:
        part = self._bucket.part(object_key, upload_id, number, body)
        self._tick()
        return part

    def complete(self, object_key: str, upload_id: str, parts: Sequence[Part]) -> None:
        self._bucket.complete(object_key, upload_id, parts)
        self._tick()

    def abort(self, object_key: str, upload_id: str) -> None:
        self._bucket.abort(object_key, upload_id)

    def park(self, key: str, body: bytes) -> None:
        self._bucket.park(key, body)
        self._tick()

    def parked(self, key: str) -> bytes:
        return self._bucket.parked(key)

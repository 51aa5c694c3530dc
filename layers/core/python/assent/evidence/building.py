"""Builds the file of one export: the log in time order, in bounded memory, resumable.

Pages of rows fill a buffer, a full buffer becomes a part of a multipart upload. At the deadline the
rest is parked, so that even an export that picks few rows out of many events moves on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.evidence.export import ExportStatus
from assent.evidence.positions import DAY_SHARDS
from assent.evidence.rows import csv_header, csv_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.evidence.export import (
        EventSource,
        Export,
        ExportSink,
        ExportStore,
        LoggedEvent,
        PhoneLookup,
    )
    from assent.identifiers import ExportId

# S3 wants 5 MiB in every part but the last and takes 10,000 parts (AWS, "Amazon S3 multipart
# upload limits"), so the largest export is 80 GB.
PART_BYTES = 8 * 1024 * 1024
PAGE = 100
# The by-day index follows the table within moments; an export up to "now" waits for it.
SETTLING = timedelta(seconds=2)


class BuildStatus(StrEnum):
    """Whether the workflow must call again."""

    DONE = "done"
    MORE = "more"


@dataclass(slots=True)
class _Draft:
    """The export as saved, and beside it what was gathered since."""

    export: Export
    buffer: bytearray
    position: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class ExportBuilding:
    """The work of the export workflow. `part_bytes` is lower only in tests."""

    store: ExportStore
    events: EventSource
    phones: PhoneLookup
    sink: ExportSink
    clock: Clock
    part_bytes: int = PART_BYTES

    def build(self, export_id: ExportId, deadline: datetime) -> BuildStatus:
        """Go on with the export until it is finished or `deadline` has passed.

        At least one page is done per call. Raises ExportNotFoundError, and ChangedMeanwhileError
        when another build of the same export is under way.
        """
        export = self.store.export(export_id)
        if export.status in (ExportStatus.DONE, ExportStatus.FAILED):
            return BuildStatus.DONE
        draft = self._resumed(self._opened(export))
        for position, page in self._pages(draft.export, draft.position):
            self._append(draft, page)
            draft.position = position
            if len(draft.buffer) >= self.part_bytes:
                self._flush(draft)
            if self.clock.now() >= deadline:
                self._park(draft)
                return BuildStatus.MORE
        self._finish(draft)
        return BuildStatus.DONE

    def fail(self, export_id: ExportId) -> None:
        """Give the export up: drop its upload and mark it failed. A finished one stays finished."""
        export = self.store.export(export_id)
        if export.status in (ExportStatus.DONE, ExportStatus.FAILED):
            return
        if export.upload_id:
            self.sink.abort(export.object_key, export.upload_id)
        now = self.clock.now()
        self.store.save(replace(export, status=ExportStatus.FAILED, finished_at=now))

    def _opened(self, export: Export) -> Export:
        if export.upload_id:
            return export
        self.clock.sleep((export.until + SETTLING - self.clock.now()).total_seconds())
        upload_id = self.sink.begin(export.object_key)
        return self.store.save(replace(export, status=ExportStatus.RUNNING, upload_id=upload_id))

    def _resumed(self, export: Export) -> _Draft:
        if export.tail_key:
            buffer = bytearray(self.sink.parked(export.tail_key))
        else:
            buffer = bytearray(b"" if export.parts else csv_header())
        return _Draft(export, buffer, export.position or iso(export.since))

    def _pages(self, export: Export, after: str) -> Iterator[tuple[str, Sequence[LoggedEvent]]]:
        """Yield pages in time order, each with the position to resume from once it is written."""
        before = iso(export.until)
        day = date.fromisoformat(after[:10])
        while max(day.isoformat(), after) < before:
            for page in self._pages_of(day, after, before):
                yield page[-1].position, page
            day += timedelta(days=1)
            yield min(day.isoformat(), before), ()

    def _pages_of(self, day: date, after: str, before: str) -> Iterator[Sequence[LoggedEvent]]:
        shards = (self._shard(day, shard, after, before) for shard in range(DAY_SHARDS))
        in_order = merge(*shards, key=attrgetter("position"))
        while page := tuple(islice(in_order, PAGE)):
            yield page

    def _shard(self, day: date, shard: int, after: str, before: str) -> Iterator[LoggedEvent]:
        while True:
            page = self.events.page(day, shard, after=after, before=before, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].position

    def _append(self, draft: _Draft, page: Sequence[LoggedEvent]) -> None:
        wanted = [logged for logged in page if _belongs(logged, draft.export)]
        if wanted:
            keys = sorted({logged.event.subscriber_key for logged in wanted})
            draft.buffer += csv_rows(wanted, self.phones.phones(keys))
            draft.rows += len(wanted)

    def _flush(self, draft: _Draft) -> None:
        export = draft.export
        part = self.sink.part(
            export.object_key,
            export.upload_id or "",
            len(export.parts) + 1,
            bytes(draft.buffer),
        )
        draft.buffer.clear()
        self._save(draft, replace(export, parts=(*export.parts, part), tail_key=None))

    def _park(self, draft: _Draft) -> None:
        export = draft.export
        # The version in the key keeps a rival build's tail from replacing the one that was saved.
        tail_key = f"exports/{export.export_id}/tail-{export.version}"
        self.sink.park(tail_key, bytes(draft.buffer))
        self._save(draft, replace(export, tail_key=tail_key))

    def _finish(self, draft: _Draft) -> None:
        """Everything is read. The last part is saved before the upload is completed, so that a
        crash between the two leaves a build that only has to complete it."""
        if draft.buffer:
            self._flush(draft)
        export = draft.export
        self.sink.complete(export.object_key, export.upload_id or "", export.parts)
        now = self.clock.now()
        self.store.save(replace(export, status=ExportStatus.DONE, finished_at=now))

    def _save(self, draft: _Draft, export: Export) -> None:
        draft.export = self.store.save(
            replace(
                export,
                position=draft.position,
                rows=export.rows + draft.rows,
                bytes=sum(part.bytes for part in export.parts),
            )
        )
        draft.rows = 0


def _belongs(logged: LoggedEvent, export: Export) -> bool:
    """A brand-wide event, such as STOP, belongs to the log of every programme."""
    wanted = export.programme_id
    return wanted is None or logged.event.programme_id in (wanted, None)

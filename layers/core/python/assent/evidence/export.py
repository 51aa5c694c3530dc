"""One export of the consent log: what was asked for, how far it is, and where the file lies.

The record is also the checkpoint of the build: position, finished parts and parked tail are saved
by one compare-and-set, so a build can die anywhere and the next one repeats no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.errors import InputError
from assent.identifiers import ExportId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.identifiers import Ids, ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

LINK_VALID_FOR = timedelta(minutes=15)


class ExportStatus(StrEnum):
    """`requested → running → done | failed`."""

    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """One finished part of the file, as the bucket acknowledged it."""

    number: int
    etag: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """One export of the events with `since ≤ at < until`, of one programme or all (None).

    `position` is the last event that `parts` and the tail hold; `tail_key` names the parked bytes
    that are too few for a part. `rows` and `bytes` count what is in the file so far.
    """

    export_id: ExportId
    since: datetime
    until: datetime
    programme_id: ProgrammeId | None
    requested_by: str
    created_at: datetime
    object_key: str
    status: ExportStatus = ExportStatus.REQUESTED
    upload_id: str | None = None
    parts: tuple[Part, ...] = ()
    position: str | None = None
    tail_key: str | None = None
    rows: int = 0
    bytes: int = 0
    finished_at: datetime | None = None
    version: int = 1


class ExportStore(Protocol):
    """Where exports and their progress are kept."""

    def create(self, export: Export) -> None:
        """Raises AlreadyExistsError."""
        ...

    def export(self, export_id: ExportId) -> Export:
        """Read consistently. Raises ExportNotFoundError."""
        ...

    def exports(self) -> Sequence[Export]:
        """Return all, newest first."""
        ...

    def save(self, export: Export) -> Export:
        """Replace the stored export if its version is still `export.version`; return it with the
        version raised by one. Raises ChangedMeanwhileError."""
        ...


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event with its evidence, which is None once erased."""

    position: str
    event: ConsentEvent
    evidence: Evidence | None


class EventSource(Protocol):
    """Reads the log by time, through the by-day index."""

    def page(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[LoggedEvent]:
        """Return up to `limit` events of a UTC day's shard with `after < position < before`, in
        order of position; fewer than `limit` means that there are no more."""
        ...


class PhoneLookup(Protocol):
    """Turns keys back into numbers, for those who may see them."""

    def phones(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, PhoneNumber]:
        """Return the numbers of up to 100 keys; a key that was erased is absent."""
        ...


class ExportSink(Protocol):
    """Where the file is written, part by part."""

    def begin(self, object_key: str) -> str:
        """Open an upload and return its id."""
        ...

    def part(self, object_key: str, upload_id: str, number: int, body: bytes) -> Part:
        """Write one part, numbered from 1; all but the last have at least 5 MiB."""
        ...

    def complete(self, object_key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the object of exactly these parts. Done before counts as done."""
        ...

    def abort(self, object_key: str, upload_id: str) -> None:
        """Drop an upload; one that is gone counts as dropped."""
        ...

    def park(self, key: str, body: bytes) -> None:
        """Keep bytes that are too few for a part."""
        ...

    def parked(self, key: str) -> bytes:
        """Return parked bytes."""
        ...


class ExportLinks(Protocol):
    """Lets a browser fetch a finished file without credentials."""

    def link(self, object_key: str, valid_for: timedelta) -> str:
        """Return a URL that serves the object as a download until `valid_for` has passed."""
        ...


class ExportWorkflow(Protocol):
    """Starts the workflow that builds exports."""

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        """Start an execution called `name`; return False when one of that name exists."""
        ...


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What somebody asks for: events with `since ≤ at < until`, of one programme or all (None)."""

    since: datetime
    until: datetime
    requested_by: str
    programme_id: ProgrammeId | None = None


@dataclass(frozen=True, slots=True)
class ExportService:
    """What staff can do with exports."""

    store: ExportStore
    links: ExportLinks
    workflow: ExportWorkflow
    clock: Clock
    ids: Ids

    def request(self, request: ExportRequest) -> Export:
        """Record an export and start its workflow. The future is cut off: `until` is at most now.

        Raises InputError on `from` when nothing can lie in the span.
        """
        now = self.clock.now()
        until = min(request.until, now)
        if request.since >= until:
            message = "The start must lie before the end, and in the past."
            raise InputError(message, field="from")
        export_id = ExportId(self.ids.new("e"))
        export = Export(
            export_id=export_id,
            since=request.since,
            until=until,
            programme_id=request.programme_id,
            requested_by=request.requested_by,
            created_at=now,
            object_key=f"exports/{export_id}/consent-log-{export_id}.csv",
        )
        self.store.create(export)
        self.workflow.start(export_id, {"export_id": export_id})
        return export

    def export(self, export_id: ExportId) -> Export:
        """Raises ExportNotFoundError."""
        return self.store.export(export_id)

    def exports(self) -> Sequence[Export]:
        """Return all, newest first."""
        return self.store.exports()

    def link(self, export: Export) -> str | None:
        """Return a download link that dies after 15 minutes; None unless the export is done."""
        if export.status is not ExportStatus.DONE:
            return None
        return self.links.link(export.object_key, LINK_VALID_FOR)

"""One export: what was asked for, how far it is, and where the bundle lies.

The record points to the parked state of its build and is replaced by one compare-and-set, so a
build can die anywhere and the next one repeats no row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.errors import IllegalTransitionError
from assent.identifiers import ExportId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.evidence.datasets import ExportQuery
    from assent.identifiers import Ids

LINK_VALID_FOR = timedelta(minutes=15)
# The bucket drops unfinished uploads after a day (template.yaml); an hour is left to finish.
RESUMED_FOR = timedelta(hours=20)


class ExportStatus(StrEnum):
    """`requested → running → done | failed | cancelled`; the last two can be taken up again."""

    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (ExportStatus.DONE, ExportStatus.FAILED, ExportStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Part:
    """One finished part of the file, as the bucket acknowledged it."""

    number: int
    etag: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `state_key` names the parked state of its build (see `building`), None before the
    first; `upload_id` the upload that the state belongs to, begun at `begun_at`. `stage` is the set
    that is being written; `rows` and `bytes` count what is in the file so far. `run` grows each
    time it is taken up again, so that an execution of an earlier run leaves it alone."""

    export_id: ExportId
    query: ExportQuery
    requested_by: str
    created_at: datetime
    object_key: str
    status: ExportStatus = ExportStatus.REQUESTED
    upload_id: str | None = None
    begun_at: datetime | None = None
    state_key: str | None = None
    stage: str | None = None
    rows: int = 0
    bytes: int = 0
    finished_at: datetime | None = None
    run: int = 1
    version: int = 1

    @property
    def manifest_key(self) -> str:
        """Where the manifest waits for its signature."""
        return f"exports/{self.export_id}/manifest.json"

    @property
    def signature_key(self) -> str:
        """Where the signature is put."""
        return f"exports/{self.export_id}/manifest.sig"


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
        """Keep bytes beside the file."""
        ...

    def parked(self, key: str) -> bytes | None:
        """Return parked bytes; None where there are none."""
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
class ExportService:
    """What staff can do with exports."""

    store: ExportStore
    links: ExportLinks
    workflow: ExportWorkflow
    clock: Clock
    ids: Ids

    def request(self, query: ExportQuery, requested_by: str) -> Export:
        """Record an export and start its workflow. The future is cut off: `until` is at most now.

        Raises InputError for what cannot be asked.
        """
        now = self.clock.now()
        query = replace(query, until=min(query.until, now))
        query.check()
        export_id = ExportId(self.ids.new("e"))
        export = Export(
            export_id=export_id,
            query=query,
            requested_by=requested_by,
            created_at=now,
            object_key=f"exports/{export_id}/{_name_of(query)}-{export_id}.zip",
        )
        self.store.create(export)
        self._start(export, export_id)
        return export

    def cancel(self, export_id: ExportId) -> Export:
        """Stop the build at its next step; what is written waits for a day. Raises
        ExportNotFoundError, IllegalTransitionError and ChangedMeanwhileError."""
        export = self._expected(export_id, ExportStatus.REQUESTED, ExportStatus.RUNNING)
        now = self.clock.now()
        return self.store.save(replace(export, status=ExportStatus.CANCELLED, finished_at=now))

    def resume(self, export_id: ExportId) -> Export:
        """Take a cancelled or failed export up again where it was, or anew where that is gone.
        Raises as `cancel` does."""
        export = self._expected(export_id, ExportStatus.CANCELLED, ExportStatus.FAILED)
        begun_at = export.begun_at
        if begun_at is None or self.clock.now() - begun_at > RESUMED_FOR:
            export = replace(export, upload_id=None, begun_at=None, state_key=None, stage=None)
            export = replace(export, rows=0, bytes=0)
        again = replace(export, status=ExportStatus.REQUESTED, finished_at=None, run=export.run + 1)
        export = self.store.save(again)
        self._start(export, f"{export_id}-{export.run}")
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

    def _start(self, export: Export, name: str) -> None:
        until, run = iso(export.query.until), str(export.run)
        self.workflow.start(name, {"export_id": export.export_id, "until": until, "run": run})

    def _expected(self, export_id: ExportId, *statuses: ExportStatus) -> Export:
        export = self.store.export(export_id)
        if export.status not in statuses:
            message = f"The export is {export.status.value}."
            raise IllegalTransitionError(message)
        return export


def _name_of(query: ExportQuery) -> str:
    return "consent-dossier" if query.as_dossier else "consent-export"

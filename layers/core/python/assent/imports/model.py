"""One import: what was uploaded, how far its check or its run is, and what came of its rows.

The record is also the checkpoint: position and counts are saved by one compare-and-set, so a run
can die anywhere and be resumed, and a second run beside it loses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from assent.identifiers import ImportId, ProgrammeId
    from assent.imports.records import Dialect


class ImportStatus(StrEnum):
    """`created → checking → checked → running → done`, and from each `cancelled` or `failed`."""

    CREATED = "created"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


PERMITTED_FROM: Mapping[ImportStatus, frozenset[ImportStatus]] = MappingProxyType(
    {
        ImportStatus.CHECKING: frozenset(
            {ImportStatus.CREATED, ImportStatus.CHECKED, ImportStatus.FAILED}
        ),
        ImportStatus.CHECKED: frozenset({ImportStatus.CHECKING}),
        ImportStatus.RUNNING: frozenset({ImportStatus.CHECKED}),
        ImportStatus.DONE: frozenset({ImportStatus.RUNNING}),
        ImportStatus.CANCELLED: frozenset(
            {
                ImportStatus.CREATED,
                ImportStatus.CHECKING,
                ImportStatus.CHECKED,
                ImportStatus.RUNNING,
            }
        ),
        ImportStatus.FAILED: frozenset({ImportStatus.CHECKING, ImportStatus.RUNNING}),
    }
)
UNDER_WAY = frozenset({ImportStatus.CHECKING, ImportStatus.RUNNING})


class RowFate(StrEnum):
    """What came, or in a check would come, of a row."""

    ACCEPTED = "accepted"
    ASKED = "asked"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    STAYS_OUT = "stays_out"
    ALREADY_CONFIRMED = "already_confirmed"
    ALREADY_ASKED = "already_asked"
    ALREADY_OUT = "already_out"
    COUNTRY_NOT_SERVED = "country_not_served"
    PASSED_OVER = "passed_over"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Source:
    """What the uploader said about the file: its layout, its own column names by meaning, and the
    country of national spellings."""

    layout: str
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the rows so far: `fates` by RowFate, `grades` of those who claim consent,
    `reasons` of faults and refusals. `position` is the byte after the last row counted."""

    position: int = 0
    rows: int = 0
    fates: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    grades: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    reasons: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    reports: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """One file. `etag` is that of the file that was checked: another one is not run. `checked` and
    `ran` count what the check foresaw and what the run did; `why` says why it failed."""

    import_id: ImportId
    programme_id: ProgrammeId
    name: str
    source: Source
    object_key: str
    created_by: str
    created_at: datetime
    status: ImportStatus = ImportStatus.CREATED
    dialect: Dialect | None = None
    etag: str = ""
    size: int = 0
    checked: Tally = field(default_factory=Tally)
    ran: Tally = field(default_factory=Tally)
    run: int = 0
    why: str = ""
    finished_at: datetime | None = None
    version: int = 1

    @property
    def tally(self) -> Tally:
        """What is being counted now."""
        return self.ran if self.status is ImportStatus.RUNNING else self.checked


class ImportStore(Protocol):
    """Where imports and their progress are kept."""

    def create(self, made: Import) -> None:
        """Raises AlreadyExistsError."""
        ...

    def one(self, import_id: ImportId) -> Import:
        """Read consistently. Raises ImportNotFoundError."""
        ...

    def all(self) -> Sequence[Import]:
        """Return all, newest first."""
        ...

    def save(self, changed: Import) -> Import:
        """Replace the stored import if its version is still `changed.version`; return it with the
        version raised by one. Raises ChangedMeanwhileError."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the bucket holds it."""

    size: int
    etag: str


class ImportFiles(Protocol):
    """Where files are uploaded to and reports are written."""

    def upload_link(self, object_key: str, valid_for: timedelta) -> str:
        """Return a URL that takes the file by PUT until `valid_for` has passed."""
        ...

    def upload(self, object_key: str) -> Upload | None:
        """Return what was uploaded, None if nothing was yet."""
        ...

    def read(self, object_key: str, start: int, etag: str) -> Iterator[bytes]:
        """Yield the file's bytes from `start` on, in chunks. Raises ChangedMeanwhileError when it
        is not the file with this etag any more."""
        ...

    def write_report(self, object_key: str, body: bytes) -> None: ...

    def download_link(self, object_key: str, valid_for: timedelta) -> str:
        """Return a URL that serves the object as a download until `valid_for` has passed."""
        ...


class ImportWorkflow(Protocol):
    """Starts the workflow that goes through files."""

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        """Start an execution called `name`; return False when one of that name exists."""
        ...

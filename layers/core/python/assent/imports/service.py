"""What staff do with an import: open it, upload, check, start, cancel, look.

A file is run only after it was checked, and only if it is still the same file, so that nobody is
asked or accepted whom the check did not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.errors import (
    ChangedMeanwhileError,
    FileNotUploadedError,
    FileTooLargeError,
    IllegalTransitionError,
)
from assent.identifiers import ImportId
from assent.imports.layouts import layout_named
from assent.imports.model import PERMITTED_FROM, Import, ImportStatus, Tally
from assent.imports.records import dialect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.clock import Clock
    from assent.identifiers import Ids, ProgrammeId
    from assent.imports.model import ImportFiles, ImportStore, ImportWorkflow, Source
    from assent.programmes.model import ProgrammeStore

LINK_VALID_FOR = timedelta(minutes=15)
# S3 takes no more in one PUT (AWS, "Uploading objects"); ten million rows are about half of it.
MAX_BYTES = 5 * 1024**3


@dataclass(frozen=True, slots=True)
class ImportService:
    """Use cases over imports. `actor` is the member of staff."""

    store: ImportStore
    files: ImportFiles
    programmes: ProgrammeStore
    workflow: ImportWorkflow
    clock: Clock
    ids: Ids

    def open(self, programme_id: ProgrammeId, name: str, source: Source, actor: str) -> Import:
        """Make an import that waits for its file. Raises ProgrammeNotFoundError, InputError."""
        self.programmes.programme(programme_id)
        layout_named(source.layout).with_columns(source.columns)
        import_id = ImportId(self.ids.new("i"))
        made = Import(
            import_id=import_id,
            programme_id=programme_id,
            name=name,
            source=source,
            object_key=f"imports/{import_id}/file",
            created_by=actor,
            created_at=self.clock.now(),
        )
        self.store.create(made)
        return made

    def one(self, import_id: ImportId) -> Import:
        """Raises ImportNotFoundError."""
        return self.store.one(import_id)

    def all(self) -> Sequence[Import]:
        """Return all, newest first."""
        return self.store.all()

    def upload_link(self, made: Import) -> str | None:
        """Return where to PUT the file; None once it was checked."""
        if made.status is not ImportStatus.CREATED:
            return None
        return self.files.upload_link(made.object_key, LINK_VALID_FOR)

    def report_links(self, made: Import) -> dict[str, list[str]]:
        """Return download links to the reports of the check and of the run."""
        return {
            phase: [
                self.files.download_link(report_key(made.import_id, phase, n), LINK_VALID_FOR)
                for n in range(tally.reports)
            ]
            for phase, tally in (("check", made.checked), ("run", made.ran))
        }

    def check(self, import_id: ImportId) -> Import:
        """Begin to go through the file without doing anything.

        Raises FileNotUploadedError, FileTooLargeError, UnreadableFileError, IllegalTransitionError.
        """
        made = self.store.one(import_id)
        _require(made, ImportStatus.CHECKING)
        upload = self.files.upload(made.object_key)
        if upload is None:
            raise FileNotUploadedError("Upload the file first, by PUT to the link.")
        if upload.size > MAX_BYTES:
            raise FileTooLargeError("The file is larger than 5 GB: split it.")
        dialect = dialect_of(self.files.read(made.object_key, 0, upload.etag))
        checking = replace(
            made,
            status=ImportStatus.CHECKING,
            dialect=dialect,
            etag=upload.etag,
            size=upload.size,
            checked=Tally(position=dialect.data_at),
            why="",
        )
        return self._begin(checking)

    def start(self, import_id: ImportId) -> Import:
        """Begin to act on a checked file.

        Raises IllegalTransitionError, and ChangedMeanwhileError for a file replaced since.
        """
        made = self.store.one(import_id)
        _require(made, ImportStatus.RUNNING)
        upload = self.files.upload(made.object_key)
        if upload is None or upload.etag != made.etag or made.dialect is None:
            message = "The file was replaced after its check: check it again."
            raise ChangedMeanwhileError(message)
        ran = Tally(position=made.dialect.data_at)
        return self._begin(replace(made, status=ImportStatus.RUNNING, ran=ran))

    def cancel(self, import_id: ImportId) -> Import:
        """End it; what was done stays done. Cancelling again changes nothing."""
        made = self.store.one(import_id)
        if made.status is ImportStatus.CANCELLED:
            return made
        _require(made, ImportStatus.CANCELLED)
        now = self.clock.now()
        return self.store.save(replace(made, status=ImportStatus.CANCELLED, finished_at=now))

    def _begin(self, made: Import) -> Import:
        begun = self.store.save(replace(made, run=made.run + 1))
        self.workflow.start(f"{begun.import_id}-{begun.run}", {"import_id": begun.import_id})
        return begun


def report_key(import_id: ImportId, phase: str, number: int) -> str:
    """Return where one part of a report lies."""
    return f"imports/{import_id}/{phase}-report-{number:05d}.csv"


def _require(made: Import, status: ImportStatus) -> None:
    if made.status not in PERMITTED_FROM[status]:
        message = f"An import that is {made.status} cannot become {status}."
        raise IllegalTransitionError(message)

"""Builds the bundle of one export: piece by piece, in bounded memory, resumable.

A piece is a file of some ten thousand rows, compressed whole; its sums are known when it is placed,
so a build that dies begins again at the last piece and not in the middle of a sum. Parts that were
uploaded since are written again under their numbers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.consent.events import canonical
from assent.errors import ChangedMeanwhileError
from assent.evidence import bundle
from assent.evidence.export import ENDED, ExportStatus, Part
from assent.evidence.rows import header, json_line, written
from assent.evidence.signature import pem_of
from assent.evidence.zipped import Entry, EntryWriter, directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from assent.clock import Clock
    from assent.evidence.datasets import Chunk, Dataset, Source
    from assent.evidence.digest import DigestStore, SealedDigest
    from assent.evidence.export import Export, ExportSink, ExportStore
    from assent.identifiers import ExportId

# S3 wants 5 MiB in every part but the last and takes 10,000 parts (AWS, "Amazon S3 multipart
# upload limits"), so the largest bundle is 80 GB.
PART_BYTES = 8 * 1024 * 1024
PIECE_ROWS = 50_000


class BuildStatus(StrEnum):
    """What the workflow must do next: nothing, call again, or have the manifest signed first."""

    DONE = "done"
    MORE = "more"
    SIGN = "sign"


@dataclass(slots=True)
class _State:
    """How far the bundle is; parked as JSON, with the bytes too few for a part after it. `stage`
    counts the sets that are written; `cursor` is the place within the next one."""

    stage: int = 0
    cursor: str | None = None
    piece: int = 0
    offset: int = 0
    is_closed: bool = False
    parts: list[Part] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def as_bytes(self, tail: bytes) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n" + tail


@dataclass(slots=True)
class _Draft:
    """The export as saved, and beside it what was gathered since."""

    export: Export
    state: _State
    buffer: bytearray

    def place(self, writer: EntryWriter) -> None:
        entry, placed = writer.placed(self.state.offset)
        self.state.entries.append(entry)
        self.state.offset += len(placed)
        self.buffer += placed


class Appendix(Protocol):
    """What goes with a dossier beside the rows."""

    def files(self, export: Export) -> Iterable[tuple[str, bytes]]:
        """Yield the name and content of each file; moderate in size, and the same when asked again
        by a build that is repeated."""
        ...


class _Piece:
    """One file of rows and, for sealed sets, the file of their proofs."""

    def __init__(self, export: Export, dataset: Dataset, number: int) -> None:
        self._dataset, self._format = dataset, export.query.file_format
        name = bundle.data_name(dataset, number, self._format.value)
        self.data = EntryWriter(name)
        self.data.write(header(dataset, self._format))
        self.proofs = EntryWriter(bundle.proofs_name(dataset, number))

    def add(self, chunk: Chunk) -> None:
        rows = chunk.rows
        self.data.write(written(self._dataset, self._format, rows), len(rows))
        if chunk.proof is not None:
            self.proofs.write(json_line(chunk.proof), 1)


@dataclass(frozen=True, slots=True)
class ExportBuilding:
    """The work of the export workflow. `appendix` makes what a dossier has besides; `part_bytes`
    and `piece_rows` are lower only in tests."""

    store: ExportStore
    sources: Mapping[Dataset, Source]
    digests: DigestStore
    sink: ExportSink
    clock: Clock
    appendix: Appendix | None = None
    part_bytes: int = PART_BYTES
    piece_rows: int = PIECE_ROWS

    def build(self, export_id: ExportId, deadline: datetime, run: int | None = None) -> BuildStatus:
        """Go on with the export until it is finished, its manifest needs a signature, or `deadline`
        has passed. Something is done per call; nothing, and DONE, for a `run` that is over. Raises
        ExportNotFoundError, and ChangedMeanwhileError when another build of the same run is under
        way.
        """
        export = self.store.export(export_id)
        if not _is_open(export, run):
            return BuildStatus.DONE
        try:
            return self._build(self._draft(export), deadline)
        except ChangedMeanwhileError:
            if not _is_open(self.store.export(export_id), export.run):
                return BuildStatus.DONE
            raise

    def fail(self, export_id: ExportId, run: int | None = None) -> None:
        """Give the export up: drop its upload and mark it failed. An ended one stays as it is, and
        so does one whose `run` is over."""
        export = self.store.export(export_id)
        if not _is_open(export, run):
            return
        if export.upload_id:
            self.sink.abort(export.object_key, export.upload_id)
        now = self.clock.now()
        gone = replace(export, upload_id=None, begun_at=None, state_key=None)
        self.store.save(replace(gone, status=ExportStatus.FAILED, finished_at=now))

    def _build(self, draft: _Draft, deadline: datetime) -> BuildStatus:
        datasets = draft.export.query.datasets
        while draft.state.stage < len(datasets):
            if not self._write(draft, datasets[draft.state.stage], deadline):
                return BuildStatus.MORE
        if not draft.state.is_closed:
            self._close(draft)
        signature = self.sink.parked(draft.export.signature_key)
        if signature is None:
            return BuildStatus.SIGN
        self._finish(draft, signature)
        return BuildStatus.DONE

    def _draft(self, export: Export) -> _Draft:
        if export.upload_id is None:
            now, upload_id = self.clock.now(), self.sink.begin(export.object_key)
            opened = replace(export, upload_id=upload_id, begun_at=now, state_key=None)
            export = self.store.save(replace(opened, status=ExportStatus.RUNNING))
        elif export.status is not ExportStatus.RUNNING:
            export = self.store.save(replace(export, status=ExportStatus.RUNNING))
        parked = self.sink.parked(export.state_key) if export.state_key else None
        if parked is None:
            return _Draft(export, _State(), bytearray())
        line, _, tail = parked.partition(b"\n")
        told = json.loads(line)
        told["parts"] = [Part(**each) for each in told["parts"]]
        told["entries"] = [Entry(**each) for each in told["entries"]]
        return _Draft(export, _State(**told), bytearray(tail))

    def _write(self, draft: _Draft, dataset: Dataset, deadline: datetime) -> bool:
        """Write one set; False when the deadline came first."""
        state, piece = draft.state, None
        for chunk in self.sources[dataset].chunks(draft.export.query, state.cursor):
            state.cursor = chunk.cursor
            if chunk.rows or chunk.proof is not None:
                piece = piece or _Piece(draft.export, dataset, state.piece + 1)
                piece.add(chunk)
            if piece and piece.data.rows >= self.piece_rows:
                self._place(draft, dataset, piece)
                piece = None
            if self.clock.now() >= deadline:
                self._place(draft, dataset, piece)
                return False
        if piece is None and not state.piece:
            piece = _Piece(draft.export, dataset, 1)
        state.stage, state.cursor = state.stage + 1, None
        self._place(draft, dataset, piece)
        state.piece = 0
        return True

    def _place(self, draft: _Draft, dataset: Dataset, piece: _Piece | None) -> None:
        state = draft.state
        if piece is not None:
            state.piece += 1
            draft.place(piece.data)
            if piece.proofs.rows:
                draft.place(piece.proofs)
            counted = state.counts.get(dataset.value, 0)
            state.counts[dataset.value] = counted + piece.data.rows
        if state.cursor is None:
            state.piece = 0
        self._save(draft)

    def _close(self, draft: _Draft) -> None:
        """Add what goes with the rows, and leave the manifest to be signed."""
        export, state = draft.export, draft.state
        latest = self._add_digests(draft)
        if export.query.as_dossier and self.appendix is not None:
            for name, content in self.appendix.files(export):
                self._add(draft, name, content)
        self._add(draft, bundle.QUERY, canonical(bundle.query_facts(export.query)))
        self._add(draft, bundle.PUBLIC_KEY, pem_of(latest.public_key))
        self._add(draft, bundle.CHECKPOINT, latest.as_json().encode() + b"\n")
        self._add(draft, bundle.README, bundle.readme(export, state.counts))
        self._add(draft, bundle.SUMS, bundle.sums(state.entries))
        files = bundle.file_lines(state.entries)
        # No sum is over the compressed bytes of the three that the sums hang on: they have none.
        self._add(draft, bundle.FILES, files, is_compressed=False)
        now = self.clock.now()
        document = bundle.manifest(export, state.counts, latest, files, now)
        self.sink.park(export.manifest_key, document)
        state.is_closed = True
        self._save(draft)

    def _add_digests(self, draft: _Draft) -> SealedDigest:
        writer, latest = EntryWriter(bundle.DIGESTS), None
        for latest in self.digests.after(0):
            writer.write(latest.as_json().encode() + b"\n", 1)
        if latest is None:
            message = "no hour has been closed yet"
            raise ChangedMeanwhileError(message)
        draft.place(writer)
        return latest

    def _add(self, draft: _Draft, name: str, content: bytes, *, is_compressed: bool = True) -> None:
        writer = EntryWriter(name, is_compressed=is_compressed)
        writer.write(content)
        draft.place(writer)

    def _finish(self, draft: _Draft, signature: bytes) -> None:
        """The last part is saved before the upload is completed, so that a crash between the two
        leaves a build that only has to complete it."""
        state, export = draft.state, draft.export
        if state.stage == len(export.query.datasets):
            document = self.sink.parked(export.manifest_key) or b""
            self._add(draft, bundle.MANIFEST, document, is_compressed=False)
            self._add(draft, bundle.SIGNATURE, signature, is_compressed=False)
            end = directory(state.entries, state.offset)
            draft.buffer += end
            state.offset += len(end)
            state.stage += 1
            self._flush(draft)
            self._save(draft)
        self.sink.complete(export.object_key, export.upload_id or "", state.parts)
        now = self.clock.now()
        saved = replace(draft.export, status=ExportStatus.DONE, stage=None, finished_at=now)
        self.store.save(saved)

    def _flush(self, draft: _Draft) -> None:
        export, parts = draft.export, draft.state.parts
        body, number = bytes(draft.buffer), len(parts) + 1
        parts.append(self.sink.part(export.object_key, export.upload_id or "", number, body))
        draft.buffer.clear()

    def _save(self, draft: _Draft) -> None:
        if len(draft.buffer) >= self.part_bytes:
            self._flush(draft)
        export, state = draft.export, draft.state
        # The version in the key keeps a rival build's state from replacing the one that was saved.
        state_key = f"exports/{export.export_id}/state-{export.version}"
        self.sink.park(state_key, state.as_bytes(bytes(draft.buffer)))
        stages = [*(each.value for each in export.query.datasets), "manifest"]
        draft.export = self.store.save(
            replace(
                export,
                state_key=state_key,
                stage=stages[min(state.stage, len(stages) - 1)],
                rows=sum(state.counts.values()),
                bytes=state.offset,
            )
        )


def _is_open(export: Export, run: int | None) -> bool:
    return export.status not in ENDED and run in (None, export.run)

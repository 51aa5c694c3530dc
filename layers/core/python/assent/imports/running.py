"""Goes through an uploaded file, row by row: to foresee what it would do, or to do it.

Both are the same code with the effects left out. Effects are made once per row by a key of import
and row, so a run that died repeats nothing; whoever is to be asked is asked at a bounded pace.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from assent.errors import ChangedMeanwhileError, IllegalTransitionError, UnreadableFileError
from assent.imports.layouts import layout_named
from assent.imports.model import UNDER_WAY, ImportStatus, RowFate
from assent.imports.reading import Fault, PassedOver, read_person
from assent.imports.records import records
from assent.imports.service import report_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assent.clock import Clock
    from assent.identifiers import ImportId
    from assent.imports.deciding import RowDeciding, Verdict
    from assent.imports.layouts import Layout
    from assent.imports.model import Import, ImportFiles, ImportStore
    from assent.imports.records import Record

# After each so many rows report, position and counts are saved: the most that a crash repeats.
ROWS_AT_ONCE = 250
PAUSE_SECONDS = 60
_HEADER = ("row", "outcome", "reason", "column", "grade")


class RunStatus(StrEnum):
    """What the workflow does next: end, call again, or wait a minute and call again."""

    DONE = "done"
    MORE = "more"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class ImportRunning:
    """`asks_per_minute` bounds the confirmation texts that an import may cause."""

    store: ImportStore
    files: ImportFiles
    deciding: RowDeciding
    clock: Clock
    asks_per_minute: int

    def run(self, import_id: ImportId, deadline: datetime) -> RunStatus:
        """Go on until the file ends, `deadline` has passed, or enough people were asked for now.

        Raises ImportNotFoundError; TryAgainError leaves all as it was saved last.
        """
        made = self.store.one(import_id)
        if made.status not in UNDER_WAY:
            return RunStatus.DONE
        try:
            return self._run(made, deadline)
        except (ChangedMeanwhileError, IllegalTransitionError):
            # Cancelled, or gone on with by another run: either way this one is over.
            return RunStatus.DONE
        except UnreadableFileError as error:
            self._end(made, ImportStatus.FAILED, str(error))
            return RunStatus.DONE

    def fail(self, import_id: ImportId) -> None:
        """Mark it as failed; an ended one stays as it is."""
        made = self.store.one(import_id)
        if made.status in UNDER_WAY:
            self._end(made, ImportStatus.FAILED, "It stopped by an error of the service.")

    def _run(self, made: Import, deadline: datetime) -> RunStatus:
        asked = 0
        stream = self._records(made)
        while page := tuple(islice(stream, ROWS_AT_ONCE)):
            draft = _Draft(made.tally.rows)
            for record in page:
                self._take(made, record, draft)
                asked += draft.has_asked
                if asked >= self.asks_per_minute or self.clock.now() >= deadline:
                    break
            made = self._save(made, draft)
            if asked >= self.asks_per_minute:
                return RunStatus.WAIT
            if self.clock.now() >= deadline:
                return RunStatus.MORE
        is_check = made.status is ImportStatus.CHECKING
        self._end(made, ImportStatus.CHECKED if is_check else ImportStatus.DONE)
        return RunStatus.DONE

    def _records(self, made: Import) -> Iterator[Record]:
        if made.dialect is None:
            message = "the file was never looked at"
            raise UnreadableFileError(message)
        start = made.tally.position
        chunks = self.files.read(made.object_key, start, made.etag) if start < made.size else ()
        return records(chunks, made.dialect, start)

    def _take(self, made: Import, record: Record, draft: _Draft) -> None:
        number = draft.first_row + draft.rows + 1
        layout = _layout(made)
        person = read_person(record, layout, made.source.country, self.clock.now())
        if isinstance(person, Fault):
            draft.note(number, RowFate.FAULTY, person.code, person.column)
        elif isinstance(person, PassedOver):
            draft.note(number, RowFate.PASSED_OVER, person.reason)
        else:
            acts = made.status is ImportStatus.RUNNING
            draft.decided(number, self.deciding.decide(made, number, person, acts=acts))
        draft.ends_at = record.ends_at

    def _save(self, made: Import, draft: _Draft) -> Import:
        tally, phase = made.tally, _phase(made)
        self.files.write_report(report_key(made.import_id, phase, tally.reports), draft.report())
        grown = replace(
            tally,
            position=draft.ends_at,
            rows=tally.rows + draft.rows,
            fates=dict(Counter(tally.fates) + draft.fates),
            grades=dict(Counter(tally.grades) + draft.grades),
            reasons=dict(Counter(tally.reasons) + draft.reasons),
            reports=tally.reports + 1,
        )
        is_run = made.status is ImportStatus.RUNNING
        return self.store.save(replace(made, ran=grown) if is_run else replace(made, checked=grown))

    def _end(self, made: Import, status: ImportStatus, why: str = "") -> None:
        at = self.clock.now()
        self.store.save(replace(made, status=status, why=why, finished_at=at))


@dataclass(slots=True)
class _Draft:
    """What was found since the last save."""

    first_row: int
    rows: int = 0
    ends_at: int = 0
    has_asked: bool = False
    fates: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[int, str, str, str, str]] = field(default_factory=list)

    def decided(self, number: int, verdict: Verdict) -> None:
        self.note(number, verdict.fate, verdict.reason, grade=verdict.grade or "")
        self.has_asked = verdict.fate is RowFate.ASKED and verdict.was_done

    def note(
        self, number: int, fate: RowFate, reason: str, column: str = "", grade: str = ""
    ) -> None:
        self.rows += 1
        self.has_asked = False
        self.fates[fate.value] += 1
        if reason:
            self.reasons[f"{fate}:{reason}"] += 1
        if grade:
            self.grades[grade] += 1
        self.lines.append((number, fate.value, reason, column, grade))

    def report(self) -> bytes:
        """Return the rows as CSV: numbers of rows and names of columns, and nobody's data."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(_HEADER)
        writer.writerows(self.lines)
        return out.getvalue().encode()


def _layout(made: Import) -> Layout:
    return layout_named(made.source.layout).with_columns(made.source.columns)


def _phase(made: Import) -> str:
    return "run" if made.status is ImportStatus.RUNNING else "check"

"""An uploaded file as records, one after the other, in bounded memory.

Each record carries the byte after its end, so that a run that died goes on at a record's edge. What
cannot be read is a fault of its own row and never ends the run.
"""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# A person's row is a few hundred bytes; what is larger is no row, whatever its quotes say.
MAX_RECORD_BYTES = 64 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = {
    b"PK\x03\x04": "a workbook or an archive: save it as CSV, UTF-8",
    b"\x1f\x8b": "compressed: unpack it first",
    b"\xff\xfe": "UTF-16: save it as CSV, UTF-8",
    b"\xfe\xff": "UTF-16: save it as CSV, UTF-8",
    b"\xd0\xcf\x11\xe0": "a workbook: save it as CSV, UTF-8",
}
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its values by column in lower case, or the `fault` that kept them from being read.
    `ends_at` is the offset in bytes of what follows."""

    ends_at: int
    values: Mapping[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written, found in its first row. `columns` is empty for JSON lines;
    `data_at` is the offset in bytes of the first record."""

    delimiter: str
    columns: tuple[str, ...]
    data_at: int

    @property
    def is_json(self) -> bool:
        return not self.columns


@dataclass(frozen=True, slots=True)
class _Line:
    text: bytes
    ends_at: int


def dialect_of(chunks: Iterable[bytes]) -> Dialect:
    """Return how the file is written.

    Raises UnreadableFileError that says what to do: for a workbook, an archive, another encoding,
    a file without a header, or one whose columns are not unique.
    """
    lines = _lines(chunks, 0)
    first = next(lines, None)
    if first is None or not first.text.strip():
        raise UnreadableFileError("The file is empty.")
    for magic, advice in _OTHER_KINDS.items():
        if first.text.startswith(magic):
            raise UnreadableFileError(f"The file is {advice}.")
    start = len(_BOM) if first.text.startswith(_BOM) else 0
    try:
        header = first.text[start:].decode()
    except UnicodeDecodeError:
        raise UnreadableFileError("The file is not in UTF-8: save it as CSV, UTF-8.") from None
    if "\0" in header:
        raise UnreadableFileError("The file is no text: save it as CSV, UTF-8.")
    if header.lstrip().startswith("{"):
        return Dialect("", (), start)
    delimiter = max(_DELIMITERS, key=header.count)
    columns = tuple(_name(cell) for cell in next(csv.reader([header.strip()], delimiter=delimiter)))
    if len(set(columns)) != len(columns) or not all(columns):
        raise UnreadableFileError("The first row must name every column, each by another name.")
    return Dialect(delimiter, columns, first.ends_at)


def records(chunks: Iterable[bytes], dialect: Dialect, start: int) -> Iterator[Record]:
    """Yield the records of `chunks`, which begin at byte `start` of the file; blank rows are passed
    over. Memory is bounded by the size of one record, whatever the file holds."""
    lines = _lines(chunks, start)
    if dialect.is_json:
        yield from (_from_json(line) for line in lines if line.text.strip())
        return
    waiting: deque[_Line] = deque()
    while line := _next(waiting, lines):
        if line.text.strip():
            yield _from_csv(line, waiting, lines, dialect)


def _lines(chunks: Iterable[bytes], at: int) -> Iterator[_Line]:
    buffer = bytearray()
    is_overlong = False
    for chunk in chunks:
        for piece in chunk.splitlines(keepends=True) if b"\n" in chunk else [chunk]:
            at += len(piece)
            if len(buffer) <= MAX_RECORD_BYTES:
                buffer += piece[: MAX_RECORD_BYTES + 1]
            else:
                is_overlong = True
            if piece.endswith(b"\n"):
                yield _Line(bytes(buffer), at)
                buffer.clear()
                is_overlong = False
    if buffer or is_overlong:
        yield _Line(bytes(buffer), at)


def _next(waiting: deque[_Line], lines: Iterator[_Line]) -> _Line | None:
    return waiting.popleft() if waiting else next(lines, None)


def _from_csv(
    first: _Line, waiting: deque[_Line], lines: Iterator[_Line], dialect: Dialect
) -> Record:
    """Join lines while a quote is open. One that never closes would swallow the file: then only its
    own line is lost, and what was looked at after it is read again."""
    taken, size = [first], len(first.text)
    quotes = first.text.count(b'"')
    while quotes % 2 and size <= MAX_RECORD_BYTES:
        more = _next(waiting, lines)
        if more is None:
            break
        taken.append(more)
        size += len(more.text)
        quotes += more.text.count(b'"')
    if quotes % 2:
        waiting.extendleft(reversed(taken[1:]))
        return Record(first.ends_at, {}, "unclosed_quote")
    end = taken[-1].ends_at
    if size > MAX_RECORD_BYTES:
        return Record(end, {}, "row_too_long")
    try:
        text = b"".join(each.text for each in taken).decode()
        cells = next(
            csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
        )
    except UnicodeDecodeError:
        return Record(end, {}, "not_utf8")
    except (csv.Error, StopIteration):
        return Record(end, {}, "malformed_row")
    if len(cells) != len(dialect.columns):
        return Record(end, {}, "wrong_number_of_columns")
    return Record(end, dict(zip(dialect.columns, cells, strict=True)))


def _from_json(line: _Line) -> Record:
    if len(line.text) > MAX_RECORD_BYTES:
        return Record(line.ends_at, {}, "row_too_long")
    try:
        found = json.loads(line.text)
    except UnicodeDecodeError:
        return Record(line.ends_at, {}, "not_utf8")
    except (ValueError, RecursionError):
        return Record(line.ends_at, {}, "malformed_row")
    if not isinstance(found, dict):
        return Record(line.ends_at, {}, "malformed_row")
    return Record(line.ends_at, dict(_flat(found, "", _MAX_DEPTH)))


def _flat(value: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield `user.attributes.name`: a list of scalars joins by commas, deeper ones are left out."""
    for name, inner in value.items():
        path = prefix + _name(name)
        if isinstance(inner, dict) and depth:
            yield from _flat(inner, f"{path}.", depth - 1)
        elif isinstance(inner, list):
            yield path, ",".join(str(each) for each in inner if not isinstance(each, (dict, list)))
        elif isinstance(inner, (str, int, float)):
            yield path, str(inner)


def _name(cell: str) -> str:
    return " ".join(cell.split()).lower()

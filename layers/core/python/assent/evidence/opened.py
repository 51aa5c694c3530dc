"""A bundle as it lies on disk: a ZIP file, held against what it must be to the byte, or a folder.

Python's own reader skips what it does not need; here each byte of the container is accounted for,
so that nothing can be changed or hidden between the files.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from assent.errors import AssentError
from assent.evidence.zipped import DEFLATED, STORED, Entry, directory, local_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 18
# No row comes near it; without a bound a file without line ends would fill the memory.
_LONGEST_LINE = 1 << 24
_NO_BUNDLE = "this is no bundle: neither a folder nor a ZIP file that can be read"


class DamagedError(AssentError):
    """A file of the bundle cannot be read at all, or is not there."""

    code = "damaged_file"


@dataclass(slots=True)
class Sums:
    """What was read of one file."""

    content: str = ""
    stored: str | None = None
    bytes: int = 0


@dataclass(slots=True)
class OpenedBundle:
    """The files by name. `faults` are what is wrong with the container itself."""

    path: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        if self.path.is_dir():
            files = (each for each in self.path.rglob("*") if each.is_file())
            return sorted(str(each.relative_to(self.path)) for each in files)
        return list(self.entries)

    def read(self, name: str, most: int = _LONGEST_LINE) -> tuple[bytes, Sums]:
        """Return a small file whole. Raises DamagedError."""
        sums, content = Sums(), bytearray()
        for chunk in self._chunks(name, sums):
            content += chunk
            if len(content) > most:
                message = "it is larger than such a file can be"
                raise DamagedError(message)
        return bytes(content), sums

    def lines(self, name: str, sums: Sums) -> Iterator[bytes]:
        """Yield the lines with their ends, filling `sums` by the last. Raises DamagedError."""
        rest = b""
        for chunk in self._chunks(name, sums):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
            if len(rest) > _LONGEST_LINE:
                message = "a line is longer than any row"
                raise DamagedError(message)
        if rest:
            yield rest

    def _chunks(self, name: str, sums: Sums) -> Iterator[bytes]:
        content = hashlib.sha256()
        for chunk in self._raw(name, sums):
            content.update(chunk)
            sums.bytes += len(chunk)
            yield chunk
        sums.content = content.hexdigest()

    def _raw(self, name: str, sums: Sums) -> Iterator[bytes]:
        if self.path.is_dir():
            target = self.path / name
            if not target.is_file():
                message = "it is not there"
                raise DamagedError(message)
            with target.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
            return
        entry = self.entries.get(name)
        if entry is None:
            message = "it is not there"
            raise DamagedError(message)
        with self.path.open("rb") as file:
            file.seek(entry.offset + len(local_header(entry)))
            yield from _inflated(file, entry, sums)


def _inflated(file: BinaryIO, entry: Entry, sums: Sums) -> Iterator[bytes]:
    stored, left = hashlib.sha256(), entry.stored_bytes
    inflate = zlib.decompressobj(-15) if entry.method == DEFLATED else None
    given = 0
    try:
        while left and (data := file.read(min(_CHUNK, left))):
            left -= len(data)
            stored.update(data)
            chunk = inflate.decompress(data, entry.bytes - given + 1) if inflate else data
            given += len(chunk)
            if given > entry.bytes:
                break
            yield chunk
            while inflate and inflate.unconsumed_tail and given <= entry.bytes:
                chunk = inflate.decompress(inflate.unconsumed_tail, entry.bytes - given + 1)
                given += len(chunk)
                yield chunk
    except zlib.error:
        message = "its compressed bytes were changed"
        raise DamagedError(message) from None
    if given != entry.bytes or left or (inflate and (not inflate.eof or inflate.unused_data)):
        message = "it is not as long as the container says"
        raise DamagedError(message)
    sums.stored = stored.hexdigest()


def opened(path: Path) -> OpenedBundle:
    """Return the bundle at `path`. Raises DamagedError when it is neither a folder nor a ZIP."""
    if path.is_dir():
        return OpenedBundle(path)
    try:
        with zipfile.ZipFile(path) as container:
            found = container.infolist()
    except Exception:
        raise DamagedError(_NO_BUNDLE) from None
    entries = sorted((_entry(each) for each in found), key=lambda each: each.offset)
    size = path.stat().st_size
    if any(not 0 <= each.offset <= size or each.stored_bytes > size for each in entries):
        raise DamagedError(_NO_BUNDLE)
    bundle = OpenedBundle(path, {each.name: each for each in entries})
    bundle.faults += _faults(path, entries)
    return bundle


def _entry(found: zipfile.ZipInfo) -> Entry:
    return Entry(
        name=found.filename,
        method=found.compress_type,
        crc=found.CRC,
        stored_bytes=found.compress_size,
        bytes=found.file_size,
        offset=found.header_offset,
    )


def _faults(path: Path, entries: list[Entry]) -> Iterator[str]:
    """Yield where the container is not what its own list of files makes it."""
    if len({each.name for each in entries}) != len(entries):
        yield "two files have one name"
    offset = 0
    with path.open("rb") as file:
        for entry in entries:
            wanted = local_header(entry)
            file.seek(offset)
            if entry.method not in (STORED, DEFLATED) or entry.offset != offset:
                yield f"something lies between its files (at byte {offset})"
            elif file.read(len(wanted)) != wanted:
                yield f"the header of {entry.name} was changed (at byte {offset})"
            offset = entry.offset + len(wanted) + entry.stored_bytes
        file.seek(offset)
        wanted = directory(entries, offset)
        if file.read(len(wanted) + 1) != wanted:
            yield f"its list of files was changed (after byte {offset})"

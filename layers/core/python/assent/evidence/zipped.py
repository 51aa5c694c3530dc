"""A ZIP file written piece by piece: each file of it is compressed whole, then placed.

Sizes and sums stand in front of each file and no byte is left to chance (APPNOTE.TXT 6.3.10), so
that a reader can hold every byte of the container against what it must be.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

STORED, DEFLATED = 0, 8
_UTF8 = 1 << 11
_NEEDED, _NEEDED_64 = 20, 45
# 1980-01-01, the first day that the format knows: when a bundle was made stands in its manifest.
_DATE = (1 << 5) | 1
_LOCAL, _CENTRAL, _END = 0x04034B50, 0x02014B50, 0x06054B50
_END_64, _LOCATOR_64 = 0x06064B50, 0x07064B50
_MOST_16, _MOST_32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the container. `sha256` is over its content, `stored_sha256` over its bytes as
    compressed."""

    name: str
    method: int
    crc: int
    stored_bytes: int
    bytes: int
    offset: int
    sha256: str = ""
    stored_sha256: str = ""
    rows: int = 0


class EntryWriter:
    """Gathers one file. Its compressed bytes are held until it is placed: keep it moderate."""

    def __init__(self, name: str, *, is_compressed: bool = True) -> None:
        self.name, self.rows, self.bytes = name, 0, 0
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, -15) if is_compressed else None
        self._stored = bytearray()
        self._crc, self._sha256 = 0, hashlib.sha256()

    def write(self, data: bytes, rows: int = 0) -> None:
        """Add to the content."""
        self.rows += rows
        self.bytes += len(data)
        self._crc = zlib.crc32(data, self._crc)
        self._sha256.update(data)
        self._stored += self._deflate.compress(data) if self._deflate else data

    def placed(self, offset: int) -> tuple[Entry, bytes]:
        """End the file at `offset` of the container; return its entry and all its bytes there."""
        if self._deflate:
            self._stored += self._deflate.flush()
        stored = bytes(self._stored)
        entry = Entry(
            name=self.name,
            method=DEFLATED if self._deflate else STORED,
            crc=self._crc,
            stored_bytes=len(stored),
            bytes=self.bytes,
            offset=offset,
            sha256=self._sha256.hexdigest(),
            stored_sha256=hashlib.sha256(stored).hexdigest(),
            rows=self.rows,
        )
        return entry, local_header(entry) + stored


def local_header(entry: Entry) -> bytes:
    """Return what stands before a file's bytes."""
    name = entry.name.encode()
    fixed = (_NEEDED, _UTF8, entry.method, 0, _DATE, entry.crc, entry.stored_bytes, entry.bytes)
    return struct.pack("<IHHHHHIIIHH", _LOCAL, *fixed, len(name), 0) + name


def directory(entries: list[Entry], start: int) -> bytes:
    """Return what stands at the end, `start` being where: the list of files, and its own place.
    Beyond 4 GB or 65,535 files in the form that ZIP64 gives it."""
    body = b"".join(_central(entry) for entry in entries)
    end = struct.pack(
        "<IHHHHIIH",
        *(_END, 0, 0),
        *(min(len(entries), _MOST_16), min(len(entries), _MOST_16)),
        *(min(len(body), _MOST_32), min(start, _MOST_32), 0),
    )
    if start < _MOST_32 and len(body) < _MOST_32 and len(entries) < _MOST_16:
        return body + end
    counts = (len(entries), len(entries), len(body), start)
    end_64 = struct.pack("<IQHHIIQQQQ", _END_64, 44, _NEEDED_64, _NEEDED_64, 0, 0, *counts)
    locator = struct.pack("<IIQI", _LOCATOR_64, 0, start + len(body), 1)
    return body + end_64 + locator + end


def _central(entry: Entry) -> bytes:
    name = entry.name.encode()
    is_far = entry.offset >= _MOST_32
    extra = struct.pack("<HHQ", 1, 8, entry.offset) if is_far else b""
    needed = _NEEDED_64 if is_far else _NEEDED
    fixed = (needed, needed, _UTF8, entry.method, 0, _DATE)
    sizes = (entry.crc, entry.stored_bytes, entry.bytes, len(name), len(extra))
    place = (0, 0, 0, 0, min(entry.offset, _MOST_32))
    return struct.pack("<IHHHHHHIIIHHHHHII", _CENTRAL, *fixed, *sizes, *place) + name + extra

"""A bucket with multipart uploads, strict about what S3 is strict about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assent.evidence.export import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class InMemoryExportBucket:
    """An `ExportSink` and `ExportLinks`. `objects` are the finished files and parked states."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._uploads: dict[str, dict[int, tuple[Part, bytes]]] = {}
        self._begun = 0

    @property
    def open_uploads(self) -> int:
        return len(self._uploads)

    def begin(self, object_key: str) -> str:
        self._begun += 1
        upload_id = f"{object_key}?{self._begun}"
        self._uploads[upload_id] = {}
        return upload_id

    def part(self, object_key: str, upload_id: str, number: int, body: bytes) -> Part:
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        part = Part(number, etag, len(body))
        self._uploads[upload_id][number] = (part, body)
        return part

    def complete(self, object_key: str, upload_id: str, parts: Sequence[Part]) -> None:
        if upload_id not in self._uploads and object_key in self.objects:
            return
        stored = self._uploads[upload_id]
        if [stored[part.number][0] for part in parts] != list(parts):
            message = "a part was replaced after it was acknowledged"
            raise ValueError(message)
        self.objects[object_key] = b"".join(stored[part.number][1] for part in parts)
        del self._uploads[upload_id]

    def abort(self, object_key: str, upload_id: str) -> None:
        self._uploads.pop(upload_id, None)

    def park(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def parked(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def link(self, object_key: str, valid_for: timedelta) -> str:
        return f"https://exports.invalid/{object_key}?expires={int(valid_for.total_seconds())}"

"""Uploaded files and reports in a dict."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assent.errors import ChangedMeanwhileError
from assent.imports.model import Upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta


class InMemoryImportFiles:
    """An `ImportFiles`; `put` is what a browser does with an upload link."""

    def __init__(self, chunk: int = 7) -> None:
        self.objects: dict[str, bytes] = {}
        self._chunk = chunk

    def put(self, object_key: str, body: bytes) -> None:
        self.objects[object_key] = body

    def upload_link(self, object_key: str, valid_for: timedelta) -> str:
        return f"memory:put/{object_key}?{valid_for.total_seconds():.0f}"

    def upload(self, object_key: str) -> Upload | None:
        body = self.objects.get(object_key)
        return None if body is None else Upload(len(body), _etag(body))

    def read(self, object_key: str, start: int, etag: str) -> Iterator[bytes]:
        body = self.objects[object_key]
        if _etag(body) != etag:
            message = "another file lies there"
            raise ChangedMeanwhileError(message)
        for at in range(start, len(body), self._chunk):
            yield body[at : at + self._chunk]

    def write_report(self, object_key: str, body: bytes) -> None:
        self.objects[object_key] = body

    def download_link(self, object_key: str, valid_for: timedelta) -> str:
        return f"memory:get/{object_key}?{valid_for.total_seconds():.0f}"


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'

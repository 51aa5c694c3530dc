"""A bucket of papers in a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class InMemoryPapers:
    """`Papers`; `files` shows what was put, `links` how long each link works."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, str]] = {}
        self.links: dict[str, timedelta] = {}

    def put(self, name: str, body: str, content_type: str) -> None:
        self.files[name] = (body, content_type)

    def link(self, name: str, valid_for: timedelta) -> str:
        self.links[name] = valid_for
        return f"https://papers.example/{name}"

"""Sessions in a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.sign_in.model import Session


class InMemorySessionStore:
    """A `SessionStore`."""

    def __init__(self) -> None:
        self.kept: dict[str, Session] = {}

    def put(self, digest: str, session: Session) -> None:
        self.kept[digest] = session

    def session(self, digest: str) -> Session | None:
        return self.kept.get(digest)

    def drop(self, digest: str) -> None:
        self.kept.pop(digest, None)

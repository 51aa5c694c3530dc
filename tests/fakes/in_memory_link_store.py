"""Links in a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError

if TYPE_CHECKING:
    from assent.links.model import Link


class InMemoryLinkStore:
    """A `LinkStore`; `links` shows what is kept, by digest."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}

    def put(self, digest: str, link: Link) -> None:
        if digest in self.links:
            message = "this link exists"
            raise AlreadyExistsError(message)
        self.links[digest] = link

    def link(self, digest: str) -> Link | None:
        return self.links.get(digest)

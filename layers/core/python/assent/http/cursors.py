"""Page cursors that only this service can make, and only for the query they were made for.

A cursor is a position and a seal over it and the query, so that nobody can carry the position of
one number's list into another's, or make one up.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from assent.errors import InvalidCursorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAGE = 50
MAX_PAGE = 100
_SEAL_LENGTH = 32
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Cursors:
    """Seals positions with `mac`: the phone key's where a function has one; `checksum` otherwise,
    which catches altered cursors of lists that hold nothing about one person."""

    mac: Callable[[str], str]

    def issue(self, query: str, after: str | None) -> str | None:
        """Return the cursor that continues `query` behind `after`; None when there is no more."""
        if after is None:
            return None
        position = base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")
        return f"{position}.{self._seal(query, after)}"

    def read(self, query: str, cursor: str | None) -> str | None:
        """Return the position in `cursor`, None for the first page.

        Raises InvalidCursorError when it was altered or belongs to another query.
        """
        if cursor is None:
            return None
        position, _, seal = cursor.partition(".")
        try:
            padded = position + "=" * (-len(position) % 4)
            after = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
            is_ours = hmac.compare_digest(seal.encode(), self._seal(query, after).encode())
        except (binascii.Error, ValueError):
            is_ours, after = False, ""
        if not is_ours:
            message = "This cursor is not one of ours for this query."
            raise InvalidCursorError(message, field="cursor")
        return after

    def _seal(self, query: str, after: str) -> str:
        digest = hashlib.sha256(self.mac(f"{query}\n{after}").encode())
        return digest.hexdigest()[:_SEAL_LENGTH]


def checksum(text: str) -> str:
    """Return an unkeyed hash, for functions that hold no key."""
    return hashlib.sha256(b"assent cursor\n" + text.encode()).hexdigest()


def page_of(
    items: Sequence[_Item], id_of: Callable[[_Item], str], after: str | None, limit: int
) -> tuple[Sequence[_Item], str | None]:
    """Return the items behind the one whose id is `after`, and the id to go on from.

    Raises InvalidCursorError when that item is gone.
    """
    ids = [id_of(item) for item in items]
    if after is not None and after not in ids:
        message = "What this cursor pointed at is gone; start again."
        raise InvalidCursorError(message, field="cursor")
    start = 0 if after is None else ids.index(after) + 1
    page = items[start : start + limit]
    return page, ids[start + limit - 1] if start + limit < len(ids) else None

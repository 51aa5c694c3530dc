"""A link in a text: what it is for, whose it is, and until when.

Only the SHA-256 of its token is kept, so whoever reads the table cannot open a single link.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from assent.identifiers import ProgrammeId, SubscriberKey


class LinkPurpose(StrEnum):
    """The one thing that a link is good for; the value is stored."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


# One letter each, because every character of a text is paid for.
PATHS = {LinkPurpose.CONFIRM: "c", LinkPurpose.UNSUBSCRIBE: "u", LinkPurpose.PREFERENCES: "p"}


@dataclass(frozen=True, slots=True)
class Link:
    """`epoch` is the consent's when the link was issued: it tells a later sign-up from this one."""

    purpose: LinkPurpose
    subscriber_key: SubscriberKey
    programme_id: ProgrammeId
    epoch: int
    expires_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Return whether the link is over at this instant."""
        return now >= self.expires_at


class LinkStore(Protocol):
    """Where links are kept under the hash of their token."""

    def put(self, digest: str, link: Link) -> None:
        """Keep a new link at least until it expires. Raises AlreadyExistsError."""
        ...

    def link(self, digest: str) -> Link | None:
        """Return the link, also an expired one while it is still there; read consistently."""
        ...


class SealedLinks(Protocol):
    """Reads links that say themselves whose they are."""

    def link(self, token: str, purpose: LinkPurpose) -> Link | None:
        """Return the link, expired or not; None for a token that we never made, and for a person
        who is not known (any more). Raises TryAgainError."""
        ...

"""What people wrote that a person should read, and the port where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.identifiers import SubscriberKey


class Box(StrEnum):
    """Which pile: `review` holds marketing until it is read; `help` is answered already."""

    REVIEW = "review"
    FEEDBACK = "feedback"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One message to read. `item_id` is the inbound message's id, so that it lands once.

    `subscriber_key` is None for a sender that is no phone. `answers` is the provider's id of the
    text of ours that it answers, where the carrier tells.
    """

    item_id: str
    box: Box
    subscriber_key: SubscriberKey | None
    body: str
    at: datetime
    reason: str
    answers: str | None = None


class InboxStore(Protocol):
    """Where inbox items are kept, for at least 30 days."""

    def put(self, item: InboxItem) -> bool:
        """Add `item` once; return False when its `item_id` was there before."""
        ...

    def page(
        self, box: Box, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[InboxItem], str | None]:
        """Return one page of a box, newest first, and the cursor of the next page."""
        ...

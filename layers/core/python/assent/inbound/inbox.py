"""What people wrote that a person should read, and the port where it is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.identifiers import SubscriberKey


class Box(StrEnum):
    """Which pile: `review` holds marketing until it is read; `help` is answered already; `done` is
    where a decided item goes from any of them."""

    REVIEW = "review"
    FEEDBACK = "feedback"
    HELP = "help"
    DONE = "done"


class Verdict(StrEnum):
    """What a person made of a text: it asks to stop, it does not, or there is nothing to do."""

    OPT_OUT = "opt_out"
    RELEASE = "release"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who of the staff decided what, and when."""

    verdict: Verdict
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One message to read. `item_id` comes of the inbound message's id, so that it lands once.

    `subscriber_key` is None for a sender that is no phone. `answers` is the provider's id of the
    text of ours that it answers, where the carrier tells. A `decision` in a box other than `done`
    is one under way; `was_in` is the box that a decided item came from.
    """

    item_id: str
    box: Box
    subscriber_key: SubscriberKey | None
    body: str
    at: datetime
    reason: str
    answers: str | None = None
    decision: Decision | None = None
    was_in: Box | None = None


def item_id_of(inbound_message_id: str) -> str:
    """Return the item's id: the carrier's own may hold anything, and a path may not."""
    return f"in_{hashlib.sha256(inbound_message_id.encode()).hexdigest()[:32]}"


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

    def find(self, item_id: str) -> InboxItem | None:
        """Return the item in whichever box it is, read consistently."""
        ...

    def waiting(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Return this person's items in `review`, read consistently."""
        ...

    def of(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        """Return this person's items in all boxes, oldest first, read consistently."""
        ...

    def decide(self, item: InboxItem, decision: Decision) -> None:
        """Write `decision` beside the item where it lies, if none stands there yet.

        Raises ChangedMeanwhileError when one does, or when the item was moved.
        """
        ...

    def close(self, item: InboxItem) -> None:
        """Move a decided item to `done`; one that is there already stays."""
        ...

"""Notices: numbers whose entry on the provider's list must follow what the person has done.

A notice is written in the transaction of the opt-out or opt-in itself. It names the number and not
the act, so that whoever carries it out does what the standing says by then, and a number has one
notice at most, however often the person changes their mind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.identifiers import SubscriberKey

# A number that was taken off may still be listed for a while; until then that is no new opt-out.
SETTLES_AFTER = timedelta(hours=1)
# The provider restores a number once in 30 days; when it did so last, it does not say.
ASK_AGAIN_AFTER = timedelta(days=1)


class NoticeState(StrEnum):
    """`waiting` to be carried out; `settling`: taken off, and not taken for an opt-out if still
    listed; `blocked`: the person has opted in again, the provider refuses to follow for now."""

    WAITING = "waiting"
    SETTLING = "settling"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Notice:
    """One number to bring in step. `seq` is that of the event that asked for it: a later event
    replaces the notice, and what is done about the earlier one leaves it alone."""

    subscriber_key: SubscriberKey
    seq: int
    asked_at: datetime
    state: NoticeState = NoticeState.WAITING
    due_at: datetime | None = None

    @property
    def next_at(self) -> datetime:
        """When it is to be looked at."""
        return self.due_at or self.asked_at


class Outbox(Protocol):
    """Where notices wait, without expiry, until they are done."""

    def notices(self) -> Iterator[Notice]:
        """Return all notices, read consistently, a few at a time."""
        ...

    def notice(self, subscriber_key: SubscriberKey) -> Notice | None:
        """Return the number's notice, read consistently."""
        ...

    def put(self, notice: Notice) -> bool:
        """Add a notice unless the number has one; return whether it was added."""
        ...

    def postpone(self, notice: Notice, state: NoticeState, due_at: datetime) -> bool:
        """Keep the notice for later. False: a later event has replaced it; nothing was changed."""
        ...

    def done(self, notice: Notice) -> bool:
        """Forget the notice. False: a later event has replaced it, or it was forgotten before."""
        ...

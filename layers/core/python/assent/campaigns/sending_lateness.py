"""May a text still go out in its slot? On time always; late only where nobody else is near.

A machine that stalls for 50 ms would burn every slot that it slept through. They need not be lost:
a worker that holds all slots of the next second as well knows every text of that second, so it can
see to the rate by counting. The bound of `pace` still holds for each half-open second [a, a + 1):
either no text in it had its slot more than TOLERANCE before a, then the spacing bounds it; or one
had, in slot s and at t, then its worker alone holds all slots from s to t + 1 s. These cover the
second, so all texts in it are this worker's, who counted no more than the rate within any second.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assent.messages.pace import SLACK, TOLERANCE

if TYPE_CHECKING:
    from assent.messages.pace import Lease

# A second by anybody's clock, and some time between the count and the carrier's client. Less than
# SLACK, so that lateness wears off.
_SECOND = timedelta(seconds=1) + 0.7 * SLACK
# Later than this a text takes another slot.
_LATEST = timedelta(milliseconds=300)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Lateness:
    """What one worker has leased and published. Not safe to share between threads."""

    def __init__(self, parts_per_second: int) -> None:
        self._rate = parts_per_second
        self._recent: deque[tuple[datetime, int]] = deque()
        self._first = self._last = _NEVER

    def leased(self, lease: Lease) -> None:
        """Take note of a lease. It continues the one before when nobody's slot lies between."""
        if lease.starts_at != self._last + lease.interval:
            self._first = lease.starts_at
        self._last = lease.slot(lease.texts - 1)

    def publish_at(self, slot: datetime, parts: int, now: datetime) -> datetime | None:
        """Return when the text may go: `now` (then it is counted), later, or None: never."""
        if now > slot + TOLERANCE and not self._may_be_late(slot, now):
            return None
        clear_at = self._clear_at(parts, now)
        if clear_at <= now:
            self._recent.append((now, parts))
            return now
        return clear_at

    def _may_be_late(self, slot: datetime, now: datetime) -> bool:
        holds_all = self._first <= slot and now + _SECOND <= self._last
        return holds_all and now <= slot + _LATEST

    def _clear_at(self, parts: int, now: datetime) -> datetime:
        """Return from when on `parts` more are no more than the rate; a text wider than that needs
        a second of its own."""
        while self._recent and self._recent[0][0] + _SECOND <= now:
            self._recent.popleft()
        over = sum(width for _, width in self._recent) + parts - self._rate
        for at, width in self._recent:
            if over <= 0:
                break
            over -= width
            now = at + _SECOND
        return now

"""A clock that moves only when it is told to.

Sleeping advances it, so that code which waits is tested without waiting.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FrozenClock:
    """A `Clock` that stands still between `advance` and `sleep`."""

    def __init__(self, now: datetime = NOON) -> None:
        if now.tzinfo is None:
            message = "a naive datetime has no instant"
            raise ValueError(message)
        self._started_at = now.astimezone(UTC)
        self._elapsed = timedelta()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._started_at + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed.total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds > 0:
            self.advance(seconds)

    def advance(self, seconds: float | timedelta) -> None:
        """Move forward by seconds or a timedelta; time never steps back."""
        step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        if step < timedelta():
            message = "time does not step back"
            raise ValueError(message)
        self._elapsed += step

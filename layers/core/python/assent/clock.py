"""The one source of time: wall clock, monotonic clock and waiting.

Passed in everywhere, so that a test can freeze it and a simulation can own it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What code may ask of time."""

    def now(self) -> datetime:
        """Return the instant, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step back; only differences mean anything."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a value of zero or less returns at once."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


def iso(instant: datetime) -> str:
    """Return `2026-11-23T09:05:00.000000Z`: fixed width, so that text order is time order.

    Raises ValueError for a naive datetime.
    """
    if instant.tzinfo is None:
        message = "a naive datetime has no instant"
        raise ValueError(message)
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> datetime:
    """Return the aware UTC instant that `text` (ISO 8601 with an offset or Z) names.

    Raises ValueError when it is malformed or carries no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        message = "an instant needs an offset, such as Z"
        raise ValueError(message)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        message = "an instant lies within the years 1 to 9999 of UTC"
        raise ValueError(message) from None

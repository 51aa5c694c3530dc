"""Calls to the provider at an even distance, so that its limit is met without being hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.clock import Clock


class Spacing:
    """Lets one caller through every `1 / per_second` seconds; not for several threads."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._seconds = 1 / per_second
        self._next_at = clock.monotonic()

    def wait(self) -> None:
        """Wait until the next call may be made."""
        self._clock.sleep(self._next_at - self._clock.monotonic())
        self._next_at = self._clock.monotonic() + self._seconds

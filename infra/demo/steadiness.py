"""How unevenly this machine runs its threads: what an outsider must allow for who judges instants.

A text leaves the service in its slot and is seen a few lines of code later; a machine that stands
still in between moves the sight, not the slot.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Self

_BEAT_SECONDS = 0.02


class Steadiness:
    """Beats in a thread of its own and keeps by how much it was late at worst."""

    def __init__(self) -> None:
        self._worst = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="demo-steadiness", daemon=True)

    @property
    def worst(self) -> timedelta:
        """The longest that a thread here was kept from running since the start."""
        return timedelta(seconds=self._worst)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.is_set():
            due = time.monotonic() + _BEAT_SECONDS
            time.sleep(_BEAT_SECONDS)
            self._worst = max(self._worst, time.monotonic() - due)

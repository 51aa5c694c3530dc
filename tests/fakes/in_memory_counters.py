"""Windows, single uses and breakers in dictionaries."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from assent.abuse.breaker import Breaker
from assent.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from datetime import datetime


class InMemoryCounters:
    """A `Counters`; `taken` shows every key that was ever counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken: Counter[str] = Counter()

    def take(self, key: str, most: int, until: datetime) -> bool:
        with self._lock:
            if self.taken[key] >= most:
                return False
            self.taken[key] += 1
            return True

    def count(self, key: str) -> int:
        return self.taken[key]


class InMemoryBreakers:
    """A `Breakers`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.kept: dict[str, Breaker] = {}

    def breaker(self, subject: str) -> Breaker:
        return self.kept.get(subject, Breaker())

    def save(self, subject: str, breaker: Breaker, at: datetime) -> None:
        with self._lock:
            stored = self.breaker(subject)
            if stored.version != breaker.version:
                message = "another question was first"
                raise ChangedMeanwhileError(message)
            self.kept[subject] = replace(
                breaker, confirmed=stored.confirmed, version=breaker.version + 1
            )

    def confirmed(self, subject: str, at: datetime) -> None:
        with self._lock:
            stored = self.breaker(subject)
            self.kept[subject] = replace(stored, confirmed=stored.confirmed + 1)

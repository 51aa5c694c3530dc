"""Sums in memory, with the same bounds as the real ones."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class InMemoryAllowances:
    """An `AllowanceStore`; `writes` counts what would cost a write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: Counter[str] = Counter()
        self.writes = 0

    def take(self, key: str, wanted: int, most: int, until: datetime) -> int:
        del until
        with self._lock:
            granted = max(0, min(wanted, most - self._sums[key]))
            self._sums[key] += granted
            self.writes += 1
            return granted

    def give_back(self, key: str, amount: int) -> None:
        with self._lock:
            self._sums[key] -= amount
            self.writes += 1

    def taken(self, key: str) -> int:
        with self._lock:
            return self._sums[key]

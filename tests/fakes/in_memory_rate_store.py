"""Rate buckets in a dictionary."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from assent.messages.pace import Ask, Booking, Bucket, Busy, book


@dataclass
class InMemoryRateStore:
    """`RateStore` whose atomic step is a lock."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}

    def book(self, identity: str, ask: Ask) -> Booking | Busy:
        with self._lock:
            answer = book(self._buckets.get(identity, Bucket()), ask)
            if isinstance(answer, Booking):
                self._buckets[identity] = answer.bucket
            return answer

    def rewind(self, identity: str, by: int) -> None:
        with self._lock:
            bucket = self._buckets.get(identity)
            if bucket is not None:
                self._buckets[identity] = replace(bucket, last_slot=bucket.last_slot - by)

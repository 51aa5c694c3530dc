"""The agenda in memory, with the same conditions as the real one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from assent.consent.agenda import Due
    from assent.identifiers import ProgrammeId, SubscriberKey


class InMemoryAgenda:
    """An `Agenda`; `put` is what a consent store does within its transaction."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._entries: dict[tuple[SubscriberKey, ProgrammeId | None], Due] = {}

    @property
    def entries(self) -> list[Due]:
        return list(self._entries.values())

    def put(self, entries: Iterable[Due]) -> None:
        with self._lock:
            self._entries |= {(due.subscriber_key, due.programme_id): due for due in entries}

    def due(self, now: datetime) -> Iterator[Due]:
        with self._lock:
            found = [due for due in self._entries.values() if due.at <= now]
        yield from sorted(found, key=lambda due: due.at)

    def move(self, due: Due, at: datetime) -> bool:
        with self._lock:
            if not self._is_same(due):
                return False
            self.put([replace(due, at=at)])
            return True

    def drop(self, due: Due) -> bool:
        with self._lock:
            if not self._is_same(due):
                return False
            del self._entries[due.subscriber_key, due.programme_id]
            return True

    def _is_same(self, due: Due) -> bool:
        return self._entries.get((due.subscriber_key, due.programme_id)) == due

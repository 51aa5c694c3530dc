"""The staff audit in memory with the same conditions as the real table."""

from __future__ import annotations

import threading
from datetime import UTC
from typing import TYPE_CHECKING

from assent.errors import ChangedMeanwhileError
from assent.evidence.staff_audit import StoredEntry, Tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.evidence.staff_audit import AuditEntry, Question


class InMemoryStaffAuditStore:
    """A `StaffAuditStore`; `entries` shows all, in order of writing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tips: dict[int, Tip] = {}
        self._stored: dict[str, StoredEntry] = {}

    @property
    def entries(self) -> Sequence[AuditEntry]:
        return [each.entry for each in self._stored.values()]

    def tip(self, shard: int) -> Tip:
        return self._tips.get(shard, Tip())

    def append(self, entries: Sequence[AuditEntry], after: Tip) -> None:
        last = entries[-1]
        with self._lock:
            is_taken = any(each.position in self._stored for each in entries)
            if is_taken or self.tip(last.shard) != after:
                message = "another entry was first"
                raise ChangedMeanwhileError(message)
            self._tips[last.shard] = Tip(last.seq, last.hash)
            self._stored |= {each.position: StoredEntry(each, each.hash) for each in entries}

    def page(
        self, question: Question, *, before: str | None, limit: int
    ) -> tuple[Sequence[StoredEntry], str | None]:
        found = [
            each
            for each in self._stored.values()
            if _concerns(question, each.entry) and (before is None or each.entry.position < before)
        ]
        found.sort(key=lambda each: each.entry.position, reverse=True)
        page = found[:limit]
        return page, page[-1].entry.position if len(found) > limit else None


def _concerns(question: Question, entry: AuditEntry) -> bool:
    if question.subscriber_key is not None:
        return entry.deed.subscriber_key == question.subscriber_key
    if question.actor is not None:
        return entry.deed.actor == question.actor
    return entry.at.astimezone(UTC).date() == question.day

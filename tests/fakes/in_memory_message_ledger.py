"""The message ledger in a dictionary."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.identifiers import SubscriberKey
    from assent.messages.ledger import LedgerRow


@dataclass
class InMemoryMessageLedger:
    """`MessageLedger` that forgets nothing."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[SubscriberKey, str], LedgerRow] = {}

    def record(self, rows: Sequence[LedgerRow]) -> None:
        with self._lock:
            self._rows |= {(row.subscriber_key, row.sent_id): row for row in rows}

    def record_in_doubt(self, row: LedgerRow) -> bool:
        with self._lock:
            key = (row.subscriber_key, row.sent_id)
            is_new = key not in self._rows
            self._rows.setdefault(key, row)
            return is_new

    def rows(self, keys: Sequence[tuple[SubscriberKey, str]]) -> Sequence[LedgerRow]:
        with self._lock:
            return [self._rows[key] for key in keys if key in self._rows]

    def of_subscriber(
        self, subscriber_key: SubscriberKey, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[LedgerRow], str | None]:
        newest_first = sorted(
            (row for row in self.all() if row.subscriber_key == subscriber_key),
            key=lambda row: row.sent_id,
            reverse=True,
        )
        older = [row for row in newest_first if before is None or row.sent_id < before]
        page = older[:limit]
        return page, page[-1].sent_id if len(older) > limit else None

    def last_to(self, subscriber_key: SubscriberKey) -> LedgerRow | None:
        page, _ = self.of_subscriber(subscriber_key, limit=1)
        return page[0] if page else None

    def all(self) -> list[LedgerRow]:
        """Return every row, in the order of recording."""
        with self._lock:
            return list(self._rows.values())

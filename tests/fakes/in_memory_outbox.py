"""Notices to the provider in memory, with the same conditions as the real table."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assent.identifiers import SubscriberKey
    from assent.provider_opt_outs.outbox import Notice, NoticeState


class InMemoryOutbox:
    """An `Outbox`; `replace` is what a consent store does within its transaction."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._notices: dict[SubscriberKey, Notice] = {}

    def replace(self, notice: Notice) -> None:
        with self._lock:
            self._notices[notice.subscriber_key] = replace(notice, due_at=notice.next_at)

    def notices(self) -> Iterator[Notice]:
        with self._lock:
            yield from list(self._notices.values())

    def notice(self, subscriber_key: SubscriberKey) -> Notice | None:
        return self._notices.get(subscriber_key)

    def put(self, notice: Notice) -> bool:
        with self._lock:
            if notice.subscriber_key in self._notices:
                return False
            self.replace(notice)
            return True

    def postpone(self, notice: Notice, state: NoticeState, due_at: datetime) -> bool:
        with self._lock:
            if not self._is_same(notice):
                return False
            self.replace(replace(notice, state=state, due_at=due_at))
            return True

    def done(self, notice: Notice) -> bool:
        with self._lock:
            if not self._is_same(notice):
                return False
            del self._notices[notice.subscriber_key]
            return True

    def _is_same(self, notice: Notice) -> bool:
        stored = self._notices.get(notice.subscriber_key)
        return stored is not None and stored.seq == notice.seq

"""The one item per person that the consent store, the claim store and the scan all work on.

The three fakes must share it, because what they promise together (a claim is before a STOP or after
it) is a property of one item, not of three ports. `lock` is held around each compare-and-write.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assent.audience.subscriber import Subscriber
    from assent.identifiers import SubscriberKey


class SubscriberTable:
    """Subscribers by key, in order of first writing."""

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self.lock = threading.RLock()
        self._items: dict[SubscriberKey, Subscriber] = {}
        for subscriber in subscribers:
            self.put(subscriber)

    def get(self, subscriber_key: SubscriberKey) -> Subscriber | None:
        """Return the item as it is now."""
        with self.lock:
            return self._items.get(subscriber_key)

    def put(self, subscriber: Subscriber) -> None:
        """Replace the whole item; hold `lock` when the decision to do so was read from it."""
        with self.lock:
            self._items[subscriber.standing.subscriber_key] = subscriber

    def remove(self, subscriber_key: SubscriberKey) -> None:
        """Erase the item if there is one."""
        with self.lock:
            self._items.pop(subscriber_key, None)

    def all(self) -> list[Subscriber]:
        """Return a snapshot of every item."""
        with self.lock:
            return list(self._items.values())

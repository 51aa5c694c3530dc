"""The consent store's fake on the shared subscriber table, so that STOP and claim meet there."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assent.audience.subscriber import Subscriber
from tests.fakes.in_memory_consent_store import InMemoryConsentStore

if TYPE_CHECKING:
    from assent.consent.model import Standing
    from assent.identifiers import SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable

_BEFORE_ALL = datetime(2026, 1, 1, tzinfo=UTC)


class SharedConsentStore(InMemoryConsentStore):
    """An `InMemoryConsentStore` whose standings are those of `table`, under the table's lock."""

    def __init__(self, table: SubscriberTable) -> None:
        super().__init__()
        self._standings = _Standings(table)  # type: ignore[assignment]
        self._lock = table.lock


class _Standings(MutableMapping["SubscriberKey", "Standing"]):
    def __init__(self, table: SubscriberTable) -> None:
        self._table = table

    def __getitem__(self, key: SubscriberKey) -> Standing:
        subscriber = self._table.get(key)
        if subscriber is None:
            raise KeyError(key)
        return subscriber.standing

    def __setitem__(self, key: SubscriberKey, standing: Standing) -> None:
        subscriber = self._table.get(key)
        if subscriber is None:
            country = standing.phone.country if standing.phone else "ZZ"
            subscriber = Subscriber(standing, country, _BEFORE_ALL)
        self._table.put(replace(subscriber, standing=standing))

    def __delitem__(self, key: SubscriberKey) -> None:
        self._table.remove(key)

    def __iter__(self) -> Iterator[SubscriberKey]:
        return iter([subscriber.standing.subscriber_key for subscriber in self._table.all()])

    def __len__(self) -> int:
        return len(self._table.all())

"""Bulk and keyed reads of the shared subscriber table."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assent.audience.subscriber import Subscriber
    from assent.identifiers import SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable


@dataclass(frozen=True)
class InMemorySubscriberScan:
    """`SubscriberScan`; a slice is chosen by a checksum of the key, as a hash partition would."""

    table: SubscriberTable

    def slice(self, slice_number: int, slices: int) -> Iterator[Subscriber]:
        for subscriber in self.table.all():
            key = subscriber.standing.subscriber_key
            if zlib.crc32(key.encode()) % slices == slice_number:
                yield subscriber

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]:
        found = ((key, self.table.get(key)) for key in keys)
        return {key: subscriber for key, subscriber in found if subscriber is not None}

    def approximate_count(self) -> int:
        return len(self.table.all())

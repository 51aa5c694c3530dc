"""Bulk and keyed reads of the shared subscriber table."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.audience.rules import compile_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assent.audience.narrowing import Narrowing
    from assent.audience.subscriber import Subscriber
    from assent.identifiers import SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable


@dataclass(frozen=True)
class InMemorySubscriberScan:
    """`SubscriberScan`; a slice is chosen by a checksum of the key, as a hash partition would."""

    table: SubscriberTable

    def slice(
        self, slice_number: int, slices: int, only: Narrowing | None = None
    ) -> Iterator[Subscriber]:
        means = compile_rule(only.rule) if only else None
        for subscriber in self.table.all():
            key = subscriber.standing.subscriber_key
            if zlib.crc32(key.encode()) % slices != slice_number:
                continue
            if only is not None and means is not None and not means(subscriber, only.now):
                only.left_out += 1
                continue
            yield subscriber

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]:
        found = ((key, self.table.get(key)) for key in keys)
        return {key: subscriber for key, subscriber in found if subscriber is not None}

    def approximate_count(self) -> int:
        return len(self.table.all())

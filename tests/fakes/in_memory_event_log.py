"""The history by person, with an index over it that may lag, and the standings' tips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.evidence.positions import day_shard, day_shard_of, position_of
from assent.evidence.sealing import Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from assent.consent.events import ConsentEvent
    from assent.identifiers import SubscriberKey


class InMemoryEventLog:
    """An `EventLog` and its `Heads`. `hidden` are positions that the index does not show yet;
    `histories` can be tampered with, `tips` are what the standings say."""

    def __init__(self) -> None:
        self.histories: dict[SubscriberKey, list[ConsentEvent]] = {}
        self.tips: dict[SubscriberKey, Head] = {}
        self.hidden: set[str] = set()

    def add(self, events: Iterable[ConsentEvent]) -> None:
        for event in events:
            self.histories.setdefault(event.subscriber_key, []).append(event)
            self.tips[event.subscriber_key] = Head(event.seq, event.hash)

    def positions(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[str]:
        found = (
            position_of(event)
            for history in self.histories.values()
            for event in history
            if day_shard_of(event) == day_shard(day, shard)
        )
        return sorted(p for p in found if after < p < before and p not in self.hidden)[:limit]

    def following(
        self, tips: Mapping[SubscriberKey, int]
    ) -> Mapping[SubscriberKey, Sequence[ConsentEvent]]:
        return {
            key: [event for event in self.histories.get(key, ()) if event.seq > seq]
            for key, seq in tips.items()
        }

    def heads(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Head]:
        return {key: self.tips[key] for key in keys if key in self.tips}

    def slice_of_heads(self, number: int, of: int) -> Iterator[Mapping[SubscriberKey, Head]]:
        yield {key: head for key, head in self.tips.items() if sum(key.encode()) % of == number}

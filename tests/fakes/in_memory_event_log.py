"""The history by person, with an index over it that may lag, and the standings' tips."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import islice, takewhile
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
        self._index: dict[str, list[str]] = {}

    def add(self, events: Iterable[ConsentEvent]) -> None:
        for event in events:
            insort(self._index.setdefault(day_shard_of(event), []), position_of(event))
            self.histories.setdefault(event.subscriber_key, []).append(event)
            self.tips[event.subscriber_key] = Head(event.seq, event.hash)

    def positions(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[str]:
        index = self._index.get(day_shard(day, shard), [])
        within = (index[at] for at in range(bisect_right(index, after), len(index)))
        shown = takewhile(lambda position: position < before, within)
        return list(islice((each for each in shown if each not in self.hidden), limit))

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

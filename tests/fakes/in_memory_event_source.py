"""The by-day index over a list of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.evidence.export import LoggedEvent
from assent.evidence.positions import day_shard, day_shard_of, position_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from assent.consent.events import ConsentEvent, Evidence


class InMemoryEventSource:
    """An `EventSource`; `pages` counts how often it was asked."""

    def __init__(self, history: Iterable[tuple[ConsentEvent, Evidence | None]] = ()) -> None:
        self._shards: dict[str, list[LoggedEvent]] = {}
        self.pages = 0
        for event, evidence in history:
            self.add(event, evidence)

    def add(self, event: ConsentEvent, evidence: Evidence | None) -> None:
        shard = self._shards.setdefault(day_shard_of(event), [])
        shard.append(LoggedEvent(position_of(event), event, evidence))
        shard.sort(key=lambda logged: logged.position)

    def page(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[LoggedEvent]:
        self.pages += 1
        found = self._shards.get(day_shard(day, shard), [])
        return [logged for logged in found if after < logged.position < before][:limit]

"""What exports read, in memory: events by reference, standings, texts and the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import Standing
    from assent.evidence.sources import EventRef
    from assent.evidence.staff_audit import StoredEntry
    from assent.identifiers import SubscriberKey
    from assent.messages.ledger import LedgerRow


class InMemoryEventSource:
    """An `EventSource`; what is deleted from `stored` is gone from the table."""

    def __init__(self, history: Iterable[tuple[ConsentEvent, Evidence | None]] = ()) -> None:
        self.stored = {(event.subscriber_key, event.seq): (event, e) for event, e in history}

    def events(
        self, refs: Sequence[EventRef]
    ) -> Mapping[EventRef, tuple[ConsentEvent, Evidence | None]]:
        return {ref: self.stored[ref] for ref in refs if ref in self.stored}


class InMemoryPeople:
    """The `People` of exports."""

    def __init__(self, standings: Iterable[Standing] = ()) -> None:
        self._standings = {each.subscriber_key: each for each in standings}

    def standings(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Standing]:
        return {key: self._standings[key] for key in keys if key in self._standings}

    def page(self, after: str | None, limit: int) -> tuple[Sequence[Standing], str | None]:
        keys = sorted(key for key in self._standings if after is None or key > after)
        page = [self._standings[key] for key in keys[:limit]]
        return page, keys[limit - 1] if len(keys) > limit else None


class InMemoryTexts:
    """The `Texts` of exports."""

    def __init__(self, rows: Iterable[LedgerRow] = ()) -> None:
        self._rows = sorted(rows, key=lambda row: (row.subscriber_key, row.sent_id))

    def page(self, after: str | None, limit: int) -> tuple[Sequence[LedgerRow], str | None]:
        start = int(after or 0)
        following = start + limit
        more = str(following) if following < len(self._rows) else None
        return self._rows[start:following], more

    def of(self, key: SubscriberKey) -> Sequence[LedgerRow]:
        return [row for row in self._rows if row.subscriber_key == key]


class InMemoryAuditLog:
    """The `AuditLog` of exports."""

    def __init__(self, entries: Iterable[StoredEntry] = ()) -> None:
        self._entries = sorted(entries, key=lambda each: each.entry.position)

    def entries(self, day: date, shard: int, after: str, limit: int) -> Sequence[StoredEntry]:
        found = [
            each
            for each in self._entries
            if (each.entry.at.date(), each.entry.shard) == (day, shard)
            and each.entry.position > after
        ]
        return found[:limit]

    def of(self, key: SubscriberKey) -> Sequence[StoredEntry]:
        return [each for each in self._entries if each.entry.deed.subscriber_key == key]

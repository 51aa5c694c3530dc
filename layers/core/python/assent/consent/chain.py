"""New events at the tip of one person's chain, each bound to its own salted evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.events import ConsentEvent, Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.consent.events import EventType, Source
    from assent.consent.model import Standing
    from assent.identifiers import Ids, ProgrammeId, SubscriberKey

Facts = dict[str, object]
EvidenceFacts = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one new event says, before it is numbered and chained."""

    type: EventType
    source: Source
    programme_id: ProgrammeId | None = None
    epoch: int = 0
    provider_at: datetime | None = None
    facts: Facts = field(default_factory=dict)
    evidence: Mapping[str, str | int | bool | None] = field(
        default_factory=lambda: MappingProxyType({})
    )


class Chain:
    """Numbers and links entries after the standing's tip; `now` is the server's time."""

    def __init__(
        self, subscriber_key: SubscriberKey, before: Standing | None, now: datetime, ids: Ids
    ) -> None:
        self._subscriber_key = subscriber_key
        self._now = now
        self._ids = ids
        self.seq = before.seq if before else 0
        self.head_hash = before.head_hash if before else ""
        self.events: list[tuple[ConsentEvent, Evidence]] = []

    def add(self, entry: Entry) -> None:
        """Append one event."""
        evidence = Evidence(self._ids.salt(), MappingProxyType(dict(entry.evidence)))
        event = ConsentEvent(
            subscriber_key=self._subscriber_key,
            seq=self.seq + 1,
            type=entry.type,
            at=self._now,
            source=entry.source,
            programme_id=entry.programme_id,
            epoch=entry.epoch,
            evidence_digest=evidence.digest,
            previous_hash=self.head_hash,
            provider_at=entry.provider_at,
            facts=MappingProxyType(entry.facts),
        )
        self.seq, self.head_hash = event.seq, event.hash
        self.events.append((event, evidence))

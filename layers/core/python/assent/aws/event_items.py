"""Events and evidence as items of their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.evidence.positions import day_shard_of, position_of
from assent.identifiers import ProgrammeId, SubscriberKey

if TYPE_CHECKING:
    from assent.aws.tables import ConsentEventItem, EvidenceItem


@dataclass(frozen=True, slots=True)
class EventTables:
    """The names of the tables that hold the history."""

    events: str
    evidence: str


def event_item(model: type[ConsentEventItem], event: ConsentEvent) -> ConsentEventItem:
    """Return `event` as an item of the bound `model`, with its place in the by-day index."""
    return model(
        event.subscriber_key,
        event.seq,
        day_shard=day_shard_of(event),
        at_id=position_of(event),
        type=event.type.value,
        at=event.at,
        source=event.source.value,
        programme_id=event.programme_id,
        epoch=event.epoch,
        evidence_digest=event.evidence_digest,
        previous_hash=event.previous_hash or None,
        provider_at=event.provider_at,
        facts=dict(event.facts),
    )


def event_of(item: ConsentEventItem) -> ConsentEvent:
    """Return the event; its hash is computed from these fields, never stored beside them."""
    return ConsentEvent(
        subscriber_key=SubscriberKey(item.subscriber_key),
        seq=int(item.seq),
        type=EventType(item.type),
        at=item.at,
        source=Source(item.source),
        programme_id=ProgrammeId(item.programme_id) if item.programme_id is not None else None,
        epoch=int(item.epoch),
        evidence_digest=item.evidence_digest,
        previous_hash=item.previous_hash or "",
        provider_at=item.provider_at,
        facts=item.facts,
    )


def evidence_of(item: EvidenceItem) -> Evidence:
    """Return the evidence."""
    return Evidence(salt=item.salt, facts=item.facts)

"""Chained events to export and to fold, without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.identifiers import ProgrammeId, SubscriberKey
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

DEALS = ProgrammeId("deals")
NEWS = ProgrammeId("news")
ANN = SubscriberKey("k1_ann")
OPEN_FOR = timedelta(hours=72)

Step = tuple[EventType, ProgrammeId | None]


def chain(
    *steps: Step,
    key: SubscriberKey = ANN,
    start: datetime = NOON,
    every: timedelta = timedelta(minutes=1),
) -> list[tuple[ConsentEvent, Evidence | None]]:
    """Return one person's events, one per step, `every` apart from `start` on."""
    history: list[tuple[ConsentEvent, Evidence | None]] = []
    previous_hash = ""
    for seq, (kind, programme_id) in enumerate(steps, start=1):
        at = start + (seq - 1) * every
        evidence = Evidence(f"{seq:032x}", {"page_url": "https://shop.example/é", "reply": "YES"})
        event = ConsentEvent(
            subscriber_key=key,
            seq=seq,
            type=kind,
            at=at,
            source=Source.FORM,
            programme_id=programme_id,
            epoch=1,
            evidence_digest=evidence.digest,
            previous_hash=previous_hash,
            facts={"reason": "asked", "expires_at": iso(at + OPEN_FOR)},
        )
        history.append((event, evidence))
        previous_hash = event.hash
    return history


def people(count: int, *, start: datetime = NOON) -> list[tuple[ConsentEvent, Evidence | None]]:
    """Return `count` people who each asked and confirmed, one person a minute."""
    history: list[tuple[ConsentEvent, Evidence | None]] = []
    for number in range(count):
        history += chain(
            (EventType.REQUESTED, DEALS),
            (EventType.CONFIRMED, DEALS),
            key=SubscriberKey(f"k1_{number:06d}"),
            start=start + timedelta(minutes=number),
        )
    return history


def without_evidence(
    history: Sequence[tuple[ConsentEvent, Evidence | None]],
) -> list[tuple[ConsentEvent, Evidence | None]]:
    return [(replace(event), None) for event, _ in history]

"""What a reviewer asks: everything that happened to one number, and whether it agreed at a time.

The answer is folded from the events and not read from today's state, so it is the same question
whether it asks about this minute or about last year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import ConsentStore, PhoneKeys
    from assent.identifiers import ProgrammeId
    from assent.phone import PhoneNumber

# Events that move the status; the others are recorded and change nothing.
_LEADS_TO = {
    EventType.REQUESTED: ConsentStatus.PENDING,
    EventType.CONFIRMED: ConsentStatus.CONFIRMED,
    EventType.WITHDRAWN: ConsentStatus.WITHDRAWN,
    EventType.EXPIRED: ConsentStatus.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event; `evidence` is None once erased. `is_intact`: its place in the chain and its
    evidence are what the hashes say."""

    event: ConsentEvent
    evidence: Evidence | None
    is_intact: bool


@dataclass(frozen=True, slots=True)
class ConsentAt:
    """The standing of one number with one programme at one instant.

    `decided_by` is the event that led to `status`; None: nothing ever did, and status is `none`.
    `held`: marketing rested until a person had read an ambiguous reply.
    """

    programme_id: ProgrammeId
    instant: datetime
    status: ConsentStatus
    held: bool
    decided_by: HistoryEntry | None

    @property
    def may_be_texted(self) -> bool:
        """Whether marketing had the person's consent and no hold stood against it."""
        return self.status is ConsentStatus.CONFIRMED and not self.held


@dataclass(frozen=True, slots=True)
class HistoryService:
    """Answers about one number. A number never seen has an empty history, not an error: that
    nothing is known of it is the proof that was asked for."""

    store: ConsentStore
    keys: PhoneKeys

    def history(self, phone: PhoneNumber) -> Sequence[HistoryEntry]:
        """Return every event with its evidence, oldest first."""
        return _checked(self.store.history(self.keys.key_of(phone)))

    def consent_at(
        self, phone: PhoneNumber, programme_id: ProgrammeId, instant: datetime
    ) -> ConsentAt:
        """Return the standing at `instant`, events of that very instant included."""
        return fold(self.history(phone), programme_id, instant)


def fold(
    history: Iterable[HistoryEntry], programme_id: ProgrammeId, instant: datetime
) -> ConsentAt:
    """Return what the events up to `instant` come to for one programme; a brand-wide event counts
    for each. The order is the chain's, since clocks of two functions may differ."""
    status, held, decided_by = ConsentStatus.NONE, False, None
    for entry in history:
        event = entry.event
        if event.at > instant or event.programme_id not in (programme_id, None):
            continue
        if event.type in _LEADS_TO:
            status, decided_by = _LEADS_TO[event.type], entry
        if event.type in (EventType.HELD, EventType.RELEASED):
            held = event.type is EventType.HELD
    return ConsentAt(programme_id, instant, status, held, decided_by)


def _checked(
    history: Sequence[tuple[ConsentEvent, Evidence | None]],
) -> Sequence[HistoryEntry]:
    entries, previous_hash = [], ""
    for seq, (event, evidence) in enumerate(history, start=1):
        is_intact = (
            event.seq == seq
            and event.previous_hash == previous_hash
            and (evidence is None or evidence.digest == event.evidence_digest)
        )
        entries.append(HistoryEntry(event, evidence, is_intact))
        previous_hash = event.hash
    return entries

"""What a reviewer asks: everything that happened to one number, and whether it agreed at a time.

The answer is folded from the events and not read from today's state, so it is the same question
whether it asks about this minute or about last year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.consent.timeline import happened_at, standing_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import PhoneKeys
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

# What the person does of their own accord ends a hold; so does the person who read the reply.
_ENDS_A_HOLD = frozenset({EventType.RELEASED, EventType.CONFIRMED, EventType.STARTED})


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
    `stopped`: a brand-wide opt-out stood. `held`: marketing rested until a person had read an
    ambiguous reply.
    """

    programme_id: ProgrammeId
    instant: datetime
    status: ConsentStatus
    stopped: bool
    held: bool
    decided_by: HistoryEntry | None

    @property
    def may_be_texted(self) -> bool:
        """Whether marketing had the person's consent and nothing stood against it."""
        is_confirmed = self.status is ConsentStatus.CONFIRMED
        return is_confirmed and not self.stopped and not self.held


class Histories(Protocol):
    """The one thing that a reviewer asks of the consent store."""

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        """Return all events in order of `seq`; evidence is None once erased."""
        ...


@dataclass(frozen=True, slots=True)
class HistoryService:
    """Answers about one number. A number never seen has an empty history, not an error: that
    nothing is known of it is the proof that was asked for."""

    store: Histories
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
    history: Sequence[HistoryEntry], programme_id: ProgrammeId, instant: datetime
) -> ConsentAt:
    """Return what the acts done up to `instant` come to for one programme. An act counts from when
    it was done: the carrier's time where there is one, else the server's."""
    until = [entry for entry in history if happened_at(entry.event) <= instant]
    found = standing_at(None, [entry.event for entry in until], programme_id, instant)
    deciding = [
        entry
        for entry in until
        if entry.event.seq in found.seqs and happened_at(entry.event) == found.since
    ]
    return ConsentAt(
        programme_id=programme_id,
        instant=instant,
        status=found.status,
        stopped=found.is_stopped,
        held=_is_held(until),
        decided_by=deciding[0] if deciding else None,
    )


def _is_held(history: Iterable[HistoryEntry]) -> bool:
    held = False
    for entry in history:
        if entry.event.type is EventType.HELD:
            held = True
        elif entry.event.type in _ENDS_A_HOLD:
            held = False
    return held


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

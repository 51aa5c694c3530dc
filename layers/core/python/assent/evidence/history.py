"""What a reviewer asks: everything that happened to one number, and whether it agreed at a time.

The answer is folded from the events and not read from today's state, so it is the same question
whether it asks about this minute or about last year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.consent.timeline import (
    Projection,
    acts_of,
    happened_at,
    known_at,
    project,
    standing_at,
)
from assent.errors import HistoryCutOffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import PhoneKeys, Standing
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

# What the person does of their own accord ends a hold; so does the person who read the reply.
_ENDS_A_HOLD = frozenset(
    {
        EventType.RELEASED,
        EventType.CONFIRMED,
        EventType.RECONFIRMED,
        EventType.STARTED,
        EventType.ERASED,
    }
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event; `evidence` is None once erased. `is_intact`: its place in the chain and its
    evidence are what the hashes say."""

    event: ConsentEvent
    evidence: Evidence | None
    is_intact: bool


@dataclass(frozen=True, slots=True)
class AsOf:
    """An instant, and which of two questions is asked about it.

    Without `as_known`: what was true then, each act counted from when it was done (the carrier's
    time where there is one), though it may have been heard of later. With it: what this service
    knew then, from the events that it had recorded; what it was bound to act on.
    """

    instant: datetime
    as_known: bool = False

    def covers(self, event: ConsentEvent) -> bool:
        """Return whether the event counts; one of that very instant does."""
        at = event.at if self.as_known else known_at(event)
        return at <= self.instant


@dataclass(frozen=True, slots=True)
class BrandAt:
    """What stood against all marketing to a number: `stopped`, a brand-wide opt-out; `held`, the
    rest until a person has read an ambiguous reply. `events` are those that changed either."""

    stopped: bool
    held: bool
    events: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class ConsentAt:
    """The standing of one number with one programme at one instant.

    `decided_by` is the event that led to `status`; None: nothing ever did, and status is `none`.
    `events` are all that ever changed the answer, in the order in which they count.
    """

    programme_id: ProgrammeId
    instant: datetime
    status: ConsentStatus
    stopped: bool
    held: bool
    decided_by: HistoryEntry | None
    events: tuple[HistoryEntry, ...] = ()

    @property
    def may_be_texted(self) -> bool:
        """Whether marketing had the person's consent and nothing stood against it."""
        is_confirmed = self.status is ConsentStatus.CONFIRMED
        return is_confirmed and not self.stopped and not self.held


class Histories(Protocol):
    """The one thing that a reviewer asks of the consent store."""

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        """Return the standing, whose `seq` and `head_hash` are the tip of the chain."""
        ...

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
        """Return every event with its evidence, oldest first. Raises HistoryCutOffError."""
        return history_of(self.store, self.keys.key_of(phone))

    def consent_at(
        self, phone: PhoneNumber, programme_id: ProgrammeId, instant: datetime
    ) -> ConsentAt:
        """Return what was true at `instant`, events of that very instant included."""
        return fold(self.history(phone), programme_id, AsOf(instant))


def history_of(store: Histories, subscriber_key: SubscriberKey) -> Sequence[HistoryEntry]:
    """Return every event with its evidence, oldest first.

    The last is intact only if it is the tip that the standing names, so that a history cut off
    at its end is noticed. The standing is read first: what is written meanwhile comes after it.
    Raises HistoryCutOffError where there is a tip and no event left to say so of.
    """
    standing = store.standing(subscriber_key)
    entries = _checked(store.history(subscriber_key))
    return _with_tip(entries, standing) if standing else entries


def fold(history: Sequence[HistoryEntry], programme_id: ProgrammeId, as_of: AsOf) -> ConsentAt:
    """Return what the acts up to an instant come to for one programme."""
    until = [entry for entry in history if as_of.covers(entry.event)]
    found = standing_at(None, [entry.event for entry in until], programme_id, as_of.instant)
    brand = brand_at(history, as_of)
    steps = _steps(until)
    turns = [
        s for s in steps if s.before.lines.get(programme_id) != s.after.lines.get(programme_id)
    ]
    deciding = [
        s for s in turns if _standing(s.before, programme_id) != _standing(s.after, programme_id)
    ]
    told = {step.entry.event.seq: step.entry for step in turns}
    told |= {entry.event.seq: entry for entry in brand.events}
    return ConsentAt(
        programme_id=programme_id,
        instant=as_of.instant,
        status=found.status,
        stopped=brand.stopped,
        held=brand.held,
        decided_by=deciding[-1].entry if deciding else None,
        events=tuple(sorted(told.values(), key=lambda e: (happened_at(e.event), e.event.seq))),
    )


def brand_at(history: Sequence[HistoryEntry], as_of: AsOf) -> BrandAt:
    """Return what stood against all marketing at an instant.

    A hold is this service's own act, so it is counted as the service knew it in either question.
    """
    until = [entry for entry in history if as_of.covers(entry.event)]
    steps = _steps(until)
    stops = [s.entry for s in steps if _is_stopped(s.before) != _is_stopped(s.after)]
    holds = _holds([e for e in history if e.event.at <= as_of.instant])
    return BrandAt(
        stopped=bool(steps) and _is_stopped(steps[-1].after),
        held=bool(holds) and holds[-1].event.type is EventType.HELD,
        events=(*stops, *holds),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """One act at its place in time, and where everything stood before and after it."""

    entry: HistoryEntry
    before: Projection
    after: Projection


def _steps(until: Iterable[HistoryEntry]) -> list[_Step]:
    acts = [(act, entry) for entry in until for act in acts_of([entry.event])]
    steps, before = [], Projection()
    for act, entry in sorted(acts, key=lambda pair: pair[0].order):
        after = project([act], before)
        steps.append(_Step(entry, before, after))
        before = after
    return steps


def _standing(projection: Projection, programme_id: ProgrammeId) -> tuple[object, ...]:
    """Return status and since when; a request that a stop kept from opening leads to none."""
    line = projection.lines.get(programme_id)
    return () if line is None or line.status is ConsentStatus.NONE else (line.status, line.at)


def _is_stopped(projection: Projection) -> bool:
    return projection.stopped_at is not None


def _holds(history: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Return the events that began or ended a hold, in order of recording."""
    found: list[HistoryEntry] = []
    for entry in history:
        is_held = bool(found) and found[-1].event.type is EventType.HELD
        if entry.event.type in (_ENDS_A_HOLD if is_held else {EventType.HELD}):
            found.append(entry)
    return found


def _with_tip(entries: Sequence[HistoryEntry], standing: Standing) -> Sequence[HistoryEntry]:
    if not entries and standing.seq:
        message = "The history of this number is not there, although it had events."
        raise HistoryCutOffError(message)
    tip = next((e for e in entries if e.event.seq == standing.seq), None)
    is_whole = not standing.seq or (tip is not None and tip.event.hash == standing.head_hash)
    return entries if is_whole else [*entries[:-1], replace(entries[-1], is_intact=False)]


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

"""What is held of a person is taken away; that they opted out is not.

Number and profile go at once, in the transaction that records the act; proofs, texts and requests
follow. The transaction leaves an entry on the agenda, so an erasure that is cut short is finished,
and a text that was under way meanwhile is taken away, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from assent.consent.chain import Entry
from assent.consent.entries import settle
from assent.consent.events import EventType, Source
from assent.consent.timeline import Act, ActKind, replay
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assent.consent.events import ConsentEvent
    from assent.consent.model import ConsentChange, Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey

# Events carry whole milliseconds, texts microseconds.
_PRECISION = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure: what is older than `at`, and what proves events before `seq`, is to go. What
    came later (the person signed up again) stays."""

    subscriber_key: SubscriberKey
    at: datetime
    seq: int

    @property
    def until(self) -> datetime:
        """The first instant that is not concerned."""
        return self.at + _PRECISION


@dataclass(frozen=True, slots=True)
class ErasureQueued:
    """A legal hold stands against an erasure asked at `at`; lifting the hold carries it out."""

    subscriber_key: SubscriberKey
    at: datetime


class Traces(Protocol):
    """A store that holds something personal beside the standing."""

    def forget(self, erasure: Erasure) -> None:
        """Take away what the erasure concerns; safe to repeat. Raises TryAgainError."""
        ...


@dataclass(frozen=True, slots=True)
class Erasing:
    """`traces` are the stores that this caller may empty itself; without any, the schedule does."""

    consent: ConsentService
    traces: Sequence[Traces] = ()

    def erase(
        self,
        subscriber_key: SubscriberKey,
        source: Source,
        evidence: Mapping[str, str | int | bool | None],
    ) -> Erasure | ErasureQueued | None:
        """Erase, or repeat an erasure since which nothing happened; or queue it, while a legal
        hold stands against it.

        None: the number has no standing, and only what its owner may have written was taken away.

        `evidence` is kept where staff acted (who, and why); of the person's own act it is personal
        itself. Raises TryAgainError; then ask again.
        """
        writing = Writing(self.consent.store, self.consent.clock, self.consent.ids)

        def decide() -> tuple[ConsentChange | None, ErasureQueued | bool]:
            before, events = writing.read(subscriber_key)
            now = writing.now()
            if before is None:
                return None, False
            if before.kept_at is not None:
                return _queue(writing, before, events, source, evidence)
            if before.phone is None and events and events[-1].type is EventType.ERASED:
                return None, True
            was = replay(before, events)
            becomes = replay(before, events, Act(ActKind.ERASE, now))
            bare = replace(before, phone=None, hold=None, paused_until=None)
            entry = Entry(
                EventType.ERASED,
                source,
                facts={
                    "confirmed": list(was.confirmed()),
                    "withdrawn": sorted(
                        name
                        for name, line in was.lines.items()
                        if becomes.lines[name].status is not line.status
                    ),
                },
                evidence=evidence if source is Source.STAFF else {},
            )
            after = settle(bare, becomes, subscriber_key, None)
            return replace(writing.change(before, after, [entry], now), forget=True), True

        repeat: ErasureQueued | bool = True
        outcome = writing.once(None, repeat, decide)
        if isinstance(outcome, ErasureQueued):
            return outcome
        if outcome:
            return self._finish(subscriber_key)
        # Who never signed up may still have written to us.
        self._forget(Erasure(subscriber_key, writing.now(), seq=0))
        return None

    def finish(self, subscriber_key: SubscriberKey) -> Erasure | ErasureQueued | None:
        """Take away what the last erasure of this number concerns, or carry out one that was
        queued; nothing under a legal hold, whose lifting asks again. None: there was none."""
        standing = self.consent.store.standing(subscriber_key)
        if standing is not None and standing.kept_at is not None:
            return None
        if queued_at(event for event, _ in self.consent.history(subscriber_key)) is not None:
            return self.erase(subscriber_key, Source.SCHEDULE, {})
        return self._finish(subscriber_key)

    def _finish(self, subscriber_key: SubscriberKey) -> Erasure | None:
        events = [event for event, _ in self.consent.history(subscriber_key)]
        erasure = last_erasure(events)
        if erasure is not None:
            self._forget(erasure)
        return erasure

    def _forget(self, erasure: Erasure) -> None:
        for each in self.traces:
            each.forget(erasure)


def _queue(
    writing: Writing,
    before: Standing,
    events: Sequence[ConsentEvent],
    source: Source,
    evidence: Mapping[str, str | int | bool | None],
) -> tuple[ConsentChange | None, ErasureQueued]:
    """Record that it was asked, once; the person's own proof is evidence as of any act."""
    waits_since = queued_at(events)
    if waits_since is not None:
        return None, ErasureQueued(before.subscriber_key, waits_since)
    now = writing.now()
    entry = Entry(EventType.ERASURE_QUEUED, source, evidence=evidence)
    queued = ErasureQueued(before.subscriber_key, now)
    return writing.change(before, before, [entry], now), queued


def queued_at(events: Iterable[ConsentEvent]) -> datetime | None:
    """Return since when an erasure waits for the end of a legal hold; None: none waits."""
    waits_since = None
    for event in events:
        if event.type is EventType.ERASURE_QUEUED:
            waits_since = waits_since or event.at
        elif event.type is EventType.ERASED:
            waits_since = None
    return waits_since


def last_erasure(events: Sequence[ConsentEvent]) -> Erasure | None:
    """Return the last erasure that a history records."""
    for event in reversed(events):
        if event.type is EventType.ERASED:
            return Erasure(event.subscriber_key, event.at, event.seq)
    return None

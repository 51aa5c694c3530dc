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
    from collections.abc import Mapping, Sequence

    from assent.consent.events import ConsentEvent
    from assent.consent.model import ConsentChange
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
    ) -> Erasure | None:
        """Erase, or repeat an erasure since which nothing happened.

        None: the number has no standing, and only what its owner may have written was taken away.

        `evidence` is kept where staff acted (who, and why); of the person's own act it is personal
        itself. Raises TryAgainError; then ask again.
        """
        writing = Writing(self.consent.store, self.consent.clock, self.consent.ids)

        def decide() -> tuple[ConsentChange | None, bool]:
            now = writing.now()
            before, events = writing.read(subscriber_key)
            if before is None:
                return None, False
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

        if writing.once(None, True, decide):
            return self.finish(subscriber_key)
        # Who never signed up may still have written to us.
        self._forget(Erasure(subscriber_key, writing.now(), seq=0))
        return None

    def finish(self, subscriber_key: SubscriberKey) -> Erasure | None:
        """Take away what the last erasure of this number concerns; None: there was none."""
        events = [event for event, _ in self.consent.history(subscriber_key)]
        erasure = last_erasure(events)
        if erasure is not None:
            self._forget(erasure)
        return erasure

    def _forget(self, erasure: Erasure) -> None:
        for each in self.traces:
            each.forget(erasure)


def last_erasure(events: Sequence[ConsentEvent]) -> Erasure | None:
    """Return the last erasure that a history records."""
    for event in reversed(events):
        if event.type is EventType.ERASED:
            return Erasure(event.subscriber_key, event.at, event.seq)
    return None

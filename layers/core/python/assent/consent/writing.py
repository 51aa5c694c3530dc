"""Read, decide, write: the loop in which every change of consent is made.

A change is committed only on the standing it was decided on. When another writer was first, all is
read and decided again; so an opt-out always lands, and no decision rests on a stale reading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from assent.consent.agenda import entries_of
from assent.consent.chain import Chain
from assent.consent.entries import tip
from assent.consent.events import Source
from assent.consent.model import ConsentChange
from assent.errors import AlreadyAppliedError, ChangedMeanwhileError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.consent.chain import Entry
    from assent.consent.events import ConsentEvent
    from assent.consent.model import ConsentStore, Standing
    from assent.identifiers import Ids, SubscriberKey

_MAX_READINGS = 10
_PAUSE_SECONDS = 0.005

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Writing:
    """The store with the clock and the ids that new events need."""

    store: ConsentStore
    clock: Clock
    ids: Ids

    def now(self) -> datetime:
        """Return the server's time in whole milliseconds, the precision of a carrier's stamp, so
        that an answer within the same millisecond is not older than its question. It is asked
        after the standing was read: an event must not seem older than the one before it."""
        now = self.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def read(self, subscriber_key: SubscriberKey) -> tuple[Standing | None, list[ConsentEvent]]:
        """Return the standing and its events, of one and the same moment."""
        standing = self.store.standing(subscriber_key)
        events = [event for event, _ in self.store.history(subscriber_key)]
        if events and events[-1].seq != (standing.seq if standing else 0):
            message = "the history moved on while it was read"
            raise ChangedMeanwhileError(message)
        return standing, events

    def change(
        self, before: Standing | None, after: Standing, new: Sequence[Entry], now: datetime
    ) -> ConsentChange:
        """Return the change that leads to `after` and appends these entries to the chain."""
        chain = Chain(after.subscriber_key, before, now, self.ids)
        for entry in new:
            chain.add(entry)
        return ConsentChange(
            before,
            tip(after, chain),
            tuple(chain.events),
            tell_provider=concerns_provider(before, after, new),
        )

    def once(
        self,
        dedupe_key: str | None,
        repeat: T,
        decide: Callable[[], tuple[ConsentChange | None, T]],
    ) -> T:
        """Decide and commit; return `repeat` when this input was applied before.

        Raises TryAgainError when other writers kept being first.
        """
        for reading in range(_MAX_READINGS):
            self.clock.sleep(reading * _PAUSE_SECONDS)
            try:
                change, outcome = decide()
                if change is not None:
                    due = entries_of(change)
                    self.store.commit(replace(change, dedupe_key=dedupe_key, due=due))
            except ChangedMeanwhileError:
                continue
            except AlreadyAppliedError:
                return repeat
            return outcome
        message = "others keep changing this; try again"
        raise TryAgainError(message)


def concerns_provider(before: Standing | None, after: Standing, new: Sequence[Entry]) -> bool:
    """Return whether the provider's own opt-out list must follow: at each brand-wide stop and each
    start that lifts it, save a stop that the provider itself reported; and at a STOP that came
    after the START which undoes it, for the provider has heeded that STOP."""
    was_stopped = before is not None and before.stopped_at is not None
    is_stopped = after.stopped_at is not None
    is_known_there = is_stopped and any(entry.source is Source.PROVIDER for entry in new)
    is_undone = not is_stopped and any(entry.facts.get("superseded") for entry in new)
    return (was_stopped != is_stopped and not is_known_there) or is_undone

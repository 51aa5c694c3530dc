"""What the provider knows about an opt-out becomes an opt-out of ours, once per number.

The provider's list lags behind the person: a number that opted in again stays listed until it is
taken off. Such an entry is no new opt-out, or the person could never come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.consent.events import EventType, Source
from assent.consent.timeline import happened_at
from assent.provider_opt_outs.outbox import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.clock import Clock
    from assent.consent.model import PhoneKeys, Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber
    from assent.provider_opt_outs.outbox import Outbox

_OPTED_IN = (EventType.STARTED, EventType.CONFIRMED)


class Learnt(StrEnum):
    """What a word of the provider's came to. `stopped`: it was news; `known`: we had it;
    `restoring`: the person has opted in again and the provider is still to follow; `stale`: it is
    older than the person's opt-in, so the provider is asked to take the number off."""

    STOPPED = "stopped"
    KNOWN = "known"
    RESTORING = "restoring"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Word:
    """That the provider holds a number for opted out. `listed_at`: since when, where it says so;
    `heard_at`: when it said so. `input_id` names the report, so that telling twice is telling once;
    without one, the number's standing does."""

    phone: PhoneNumber
    heard_at: datetime
    reason: str
    listed_at: datetime | None = None
    input_id: str | None = None

    def evidence(self) -> Mapping[str, str | int | bool | None]:
        """Return what is kept as proof of the event."""
        return {"learnt_from": self.reason, "report": self.input_id}


def decide(
    standing: Standing | None,
    notice: Notice | None,
    opted_in_at: datetime | None,
    listed_at: datetime | None,
) -> Learnt:
    """Decide on a word of the provider's. `opted_in_at`: the person's last START or YES by text."""
    if standing is not None and standing.stopped_at is not None:
        return Learnt.KNOWN
    if listed_at is not None and opted_in_at is not None:
        if listed_at >= opted_in_at:
            return Learnt.STOPPED
        return Learnt.RESTORING if notice else Learnt.STALE
    return Learnt.RESTORING if notice else Learnt.STOPPED


@dataclass(frozen=True, slots=True)
class Learning:
    """Turns the provider's words into consent events. Safe to call again with the same word."""

    consent: ConsentService
    keys: PhoneKeys
    outbox: Outbox
    clock: Clock

    def learn(self, word: Word) -> Learnt:
        """Record the opt-out if it is news. Raises TryAgainError, after which nothing is lost."""
        subscriber_key = self.keys.key_of(word.phone)
        standing = self.consent.store.standing(subscriber_key)
        if standing is not None and standing.stopped_at is not None:
            return Learnt.KNOWN
        notice = self.outbox.notice(subscriber_key)
        opted_in_at = self._opted_in_at(subscriber_key) if word.listed_at else None
        learnt = decide(standing, notice, opted_in_at, word.listed_at)
        if learnt is Learnt.STALE and standing is not None:
            self.outbox.put(Notice(subscriber_key, standing.seq, self.clock.now()))
        if learnt is Learnt.STOPPED:
            return self._stop(subscriber_key, word, standing.seq if standing else 0)
        return learnt

    def _stop(self, subscriber_key: SubscriberKey, word: Word, seq: int) -> Learnt:
        """One and the same standing is stopped once, whoever else is told the same meanwhile."""
        input_id = word.input_id or f"{subscriber_key}#{seq}"
        outcome = self.consent.stop(
            subscriber_key,
            word.phone,
            at=word.listed_at or word.heard_at,
            evidence=word.evidence(),
            dedupe_key=f"{word.reason}#{input_id}",
            source=Source.PROVIDER,
            reason=word.reason,
        )
        return Learnt.STOPPED if outcome.first else Learnt.KNOWN

    def _opted_in_at(self, subscriber_key: SubscriberKey) -> datetime | None:
        times = (
            happened_at(event)
            for event, _ in self.consent.store.history(subscriber_key)
            if event.type in _OPTED_IN and event.source is Source.INBOUND_SMS
        )
        return max(times, default=None)

"""What is to be looked at again, and when: one entry per consent that waits for something.

An entry is a hint and never a fact: whoever looks reads the standing and decides on that. So the
acts that end a wait (YES, STOP) need not know of it, and cannot fail because of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.consent.model import ConsentChange
    from assent.identifiers import ProgrammeId, SubscriberKey

# A consent that came without a request is looked at after this long, to be given its real date.
FIRST_LOOK = timedelta(days=1)
# An erasure that was not carried to its end is taken up again after this long.
ERASURE_RESUMED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Due:
    """One number and programme to look at from `at` on. No programme: an erasure to finish."""

    subscriber_key: SubscriberKey
    programme_id: ProgrammeId | None
    at: datetime


class Agenda(Protocol):
    """Where entries wait, one per number and programme, until they are dropped."""

    def due(self, now: datetime) -> Iterator[Due]:
        """Return the entries whose time has come, a page at a time; may be seconds behind."""
        ...

    def move(self, due: Due, at: datetime) -> bool:
        """Look again at `at`. False: a newer entry has replaced this one; nothing was changed."""
        ...

    def drop(self, due: Due) -> bool:
        """Forget the entry. False: a newer one has replaced it, or it was forgotten before."""
        ...


def entries_of(change: ConsentChange) -> tuple[Due, ...]:
    """Return what a change puts on the agenda, to be written in its transaction.

    A confirmed request keeps the entry that it had while it was open.
    """
    before, after, found = change.before, change.after, []
    for programme_id, consent in after.consents.items():
        old = before.consent_to(programme_id) if before else None
        if old is not None and (old.status, old.epoch) == (consent.status, consent.epoch):
            continue
        request = change.open_request
        if consent.status is ConsentStatus.PENDING and request is not None:
            found.append(Due(after.subscriber_key, programme_id, request.look_at))
        elif consent.status is ConsentStatus.CONFIRMED and (
            old is None or old.status is not ConsentStatus.PENDING
        ):
            found.append(Due(after.subscriber_key, programme_id, consent.at + FIRST_LOOK))
    if any(event.type is EventType.LEGAL_HOLD_LIFTED for event, _ in change.events):
        # What was asked or due meanwhile is done at the next run.
        found.append(Due(after.subscriber_key, None, change.events[-1][0].at))
    if change.forget:
        at = change.events[-1][0].at + ERASURE_RESUMED_AFTER
        found.append(Due(after.subscriber_key, None, at))
    return tuple(found)

"""What is held of a person is taken away because they ask for it.

The standing loses number and profile at once, in the transaction that records the act; the proofs
of earlier events follow from the agenda, so that an erasure which is cut short is still finished.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.consent.chain import Entry
from assent.consent.entries import settle
from assent.consent.events import EventType
from assent.consent.timeline import Act, ActKind, replay
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from assent.choices.model import Proof
    from assent.consent.events import Source
    from assent.consent.model import ConsentChange
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey


@dataclass(frozen=True, slots=True)
class Erasure:
    """`Erasing` through the consent's own history."""

    consent: ConsentService

    def erase(self, subscriber_key: SubscriberKey, source: Source, proof: Proof) -> None:
        """Forget the number and the profile; a second time changes nothing.

        `proof` goes the way of all proof, so it is not kept: the event alone says what was done.
        """
        del proof
        writing = Writing(self.consent.store, self.consent.clock, self.consent.ids)

        def decide() -> tuple[ConsentChange | None, None]:
            now = writing.now()
            before, events = writing.read(subscriber_key)
            if before is None or before.phone is None:
                return None, None
            becomes = replay(before, events, Act(ActKind.ERASE, now))
            bare = replace(before, phone=None, hold=None, paused_until=None)
            after = settle(bare, becomes, subscriber_key, None)
            change = writing.change(before, after, [Entry(EventType.ERASED, source)], now)
            return replace(change, forget=True), None

        writing.once(None, None, decide)

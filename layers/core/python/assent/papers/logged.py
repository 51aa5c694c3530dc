"""One person's history as exports read events: by their places, without a query of its own.

An event that is missing in the table leaves a gap in the places, which the history then shows as
broken, as it must.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import Standing
    from assent.evidence.sources import EventSource, People
    from assent.identifiers import SubscriberKey


@dataclass(frozen=True, slots=True)
class LoggedHistories:
    """The `Histories` of a dossier."""

    events: EventSource
    people: People

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        return self.people.standings([subscriber_key]).get(subscriber_key)

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        standing = self.standing(subscriber_key)
        refs = [(subscriber_key, seq) for seq in range(1, (standing.seq if standing else 0) + 1)]
        found = self.events.events(refs)
        return [found[ref] for ref in refs if ref in found]

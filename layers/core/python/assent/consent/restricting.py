"""Staff restrict the use of a person's data, or keep it for a legal reason; staff alone undo it.

Both are marks on the standing, so that a claim and an erasure meet them in their own conditions.
Reasons are evidence and no facts: staff may write of the person there, and erasure takes it away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Standing
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from assent.consent.model import ConsentChange
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey


@dataclass(frozen=True, slots=True)
class Restricting:
    """The acts. Each returns whether anything changed; raises TryAgainError."""

    consent: ConsentService

    def restrict(
        self, subscriber_key: SubscriberKey, why: Mapping[str, str], *, is_on: bool
    ) -> bool:
        """Keep the data and use it for nothing (GDPR Article 18), or use it again."""
        type_ = EventType.RESTRICTED if is_on else EventType.RESTRICTION_LIFTED

        def mark(standing: Standing, now: datetime) -> Standing | None:
            if (standing.restricted_at is not None) is is_on:
                return None
            return replace(standing, restricted_at=now if is_on else None)

        return self._write(subscriber_key, Entry(type_, Source.STAFF, evidence=why), mark)

    def keep(self, subscriber_key: SubscriberKey, why: Mapping[str, str], *, is_on: bool) -> bool:
        """Let nothing of this number be deleted (GDPR Article 17(3)(e): legal claims), or lift
        that; an erasure asked meanwhile then comes due."""
        type_ = EventType.LEGAL_HOLD_SET if is_on else EventType.LEGAL_HOLD_LIFTED

        def mark(standing: Standing, now: datetime) -> Standing | None:
            if (standing.kept_at is not None) is is_on:
                return None
            return replace(standing, kept_at=now if is_on else None)

        return self._write(subscriber_key, Entry(type_, Source.STAFF, evidence=why), mark)

    def _write(
        self,
        subscriber_key: SubscriberKey,
        entry: Entry,
        mark: Callable[[Standing, datetime], Standing | None],
    ) -> bool:
        """A number never seen gets a standing without its number: the mark must meet its first
        sign-up, and for that its key is enough."""
        writing = Writing(self.consent.store, self.consent.clock, self.consent.ids)

        def decide() -> tuple[ConsentChange | None, bool]:
            before = self.consent.store.standing(subscriber_key)
            now = writing.now()
            after = mark(before or Standing(subscriber_key, None), now)
            if after is None:
                return None, False
            return writing.change(before, after, [entry], now), True

        return writing.once(None, False, decide)

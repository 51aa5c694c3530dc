"""Whether a number is stopped or restricted, asked at the last moment before a text leaves.

A text that a person waits for is not claimed as marketing is, so this question stands in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.consent.model import ConsentStore
    from assent.identifiers import SubscriberKey


@dataclass(frozen=True, slots=True)
class Stopped:
    """Reads the standing consistently at each call."""

    store: ConsentStore

    def __call__(self, subscriber_key: SubscriberKey) -> bool:
        standing = self.store.standing(subscriber_key)
        if standing is None:
            return False
        return standing.stopped_at is not None or standing.restricted_at is not None

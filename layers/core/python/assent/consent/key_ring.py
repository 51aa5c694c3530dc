"""A number under every live version of the key and every spelling that it had: who was known
under an older one stays known.

A record is never moved to a new key. Its key is in the chain's hashes, in links and in the ledger;
so a number is looked up under all versions, and only one that is new gets the newest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.consent.model import PhoneKeys, Standing
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class KeyRing:
    """A `PhoneKeys` of several. `versions` begin with the one that new numbers get; `first` is the
    one that all other hashes (codes, form tokens, cursors) are made with, so that a rotation
    leaves what is under way alone."""

    versions: Sequence[PhoneKeys]
    first: PhoneKeys
    standing: Callable[[SubscriberKey], Standing | None]

    def key_of(self, phone: PhoneNumber) -> SubscriberKey:
        """Return the key under which the number is known; the newest version's where it is not.

        Known under several (signed up at two instances while one of them still had the older
        setting), the one that opted out counts: no opt-out is lost. Raises TryAgainError.
        """
        spellings = (phone, *phone.former)
        keys = [version.key_of(each) for each in spellings for version in self.versions]
        if len(keys) == 1:
            return keys[0]
        known = [(key, standing) for key in keys if (standing := self.standing(key)) is not None]
        stopped = [key for key, standing in known if standing.stopped_at is not None]
        return (stopped or [key for key, _ in known] or keys)[0]

    def mac(self, purpose: str, text: str) -> str:
        """Raises TryAgainError."""
        return self.first.mac(purpose, text)

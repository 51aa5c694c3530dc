"""Words of the programmes' own: to confirm beside YES, or to join by a text.

They are looked at only when a text says nothing else, so no programme can take a word away from
those who want to stop or need help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.inbound.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assent.phone import PhoneNumber
    from assent.programmes.model import Programme

Proof = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class OwnWord:
    """What a text says in a programme's own words. `programme` is None for a word to confirm that
    more than one programme has."""

    is_join: bool
    programme: Programme | None


class TextToJoin(Protocol):
    """Takes in the sign-up of somebody who texted a word to join."""

    def by_text(
        self, programme: Programme, phone: PhoneNumber, message_id: str, evidence: Proof
    ) -> None:
        """The same message twice is one sign-up. Raises TryAgainError."""
        ...


def own_word(body: str, programmes: Iterable[Programme]) -> OwnWord | None:
    """Return the word that the whole text is, None if it is none."""
    plain, confirming = normalise(body), []
    for programme in programmes:
        if plain in programme.terms.join_words:
            return OwnWord(is_join=True, programme=programme)
        if any(plain in words for words in programme.terms.yes_words.values()):
            confirming.append(programme)
    if not confirming:
        return None
    return OwnWord(is_join=False, programme=confirming[0] if len(confirming) == 1 else None)

"""Whose a sealed link is: the number in it is looked up as if its owner had just called.

A link that was stored names a record; this one finds it, under whichever key the number is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.errors import InvalidPhoneError
from assent.links.model import Link
from assent.links.sealed import tag_of
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.consent.model import PhoneKeys, Standing
    from assent.identifiers import SubscriberKey
    from assent.links.model import LinkPurpose
    from assent.links.sealed import Seal


@dataclass(frozen=True, slots=True)
class FoundByNumber:
    """A `SealedLinks`. `standing` reads consistently."""

    seal: Seal
    keys: PhoneKeys
    standing: Callable[[SubscriberKey], Standing | None]

    def link(self, token: str, purpose: LinkPurpose) -> Link | None:
        """Return the link of a programme that this person ever had to do with."""
        said = self.seal.opened(token, purpose)
        if said is None:
            return None
        try:
            phone = PhoneNumber.stored(f"+{said.digits}")
        except InvalidPhoneError:
            return None
        key = self.keys.key_of(phone)
        standing = self.standing(key)
        known = standing.consents if standing else ()
        programme_id = next((each for each in known if tag_of(each) == said.tag), None)
        if programme_id is None:
            return None
        return Link(purpose, key, programme_id, said.epoch, said.expires_at)

"""Issue links and find them again.

A token is drawn at random and means nothing by itself: nothing in it can be guessed, altered or
moved to another purpose, and no key has to be kept for as long as the links live. Only links in
campaign texts are not stored; see `sealed`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.errors import LinkNotFoundError
from assent.links.model import PATHS, Link, LinkPurpose

if TYPE_CHECKING:
    from datetime import datetime

    from assent.clock import Clock
    from assent.identifiers import Ids, ProgrammeId, SubscriberKey
    from assent.links.model import LinkStore, SealedLinks

# An opt-out link must outlive the text it stood in: the ledger keeps texts for 400 days.
CHOICES_FOR = timedelta(days=400)
_BITS = 104
_SALT_BITS = 128
# Letters and digits only: a phone ends a link at the first sign it takes for punctuation.
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_LENGTH = 18  # 62 ** 18 > 2 ** 104


@dataclass(frozen=True, slots=True)
class Links:
    """The two acts on links."""

    store: LinkStore
    clock: Clock
    ids: Ids
    sealed: SealedLinks | None = None

    def confirm(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId, epoch: int, until: datetime
    ) -> str:
        """Return the path of a new link that confirms the request of this epoch."""
        return self._issue(Link(LinkPurpose.CONFIRM, subscriber_key, programme_id, epoch, until))

    def unsubscribe(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId, epoch: int
    ) -> str:
        """Return the path of a new link that stops texts, however often they are taken up again."""
        until = self.clock.now() + CHOICES_FOR
        return self._issue(
            Link(LinkPurpose.UNSUBSCRIBE, subscriber_key, programme_id, epoch, until)
        )

    def preferences(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId, epoch: int
    ) -> str:
        """Return the path of a new link to the person's own choices and data."""
        until = self.clock.now() + CHOICES_FOR
        return self._issue(
            Link(LinkPurpose.PREFERENCES, subscriber_key, programme_id, epoch, until)
        )

    def find(self, token: str, purpose: LinkPurpose) -> Link:
        """Return the link of this token, expired or not.

        Raises LinkNotFoundError, always the same, for a token that was never issued and for one of
        another purpose. What is as long as a stored token is hashed and looked up.
        """
        is_stored = self.sealed is None or len(token) == TOKEN_LENGTH
        link = self.store.link(digest_of(token)) if is_stored else self._unsealed(token, purpose)
        if link is None or link.purpose is not purpose:
            message = "There is no such link."
            raise LinkNotFoundError(message)
        return link

    def _unsealed(self, token: str, purpose: LinkPurpose) -> Link | None:
        return self.sealed.link(token, purpose) if self.sealed else None

    def _issue(self, link: Link) -> str:
        token = _token(self.ids.salt())
        self.store.put(digest_of(token), link)
        return f"/{PATHS[link.purpose]}/{token}"


def sample_path(purpose: LinkPurpose) -> str:
    """Return a path as long as every link of this purpose that is stored."""
    return f"/{PATHS[purpose]}/{'x' * TOKEN_LENGTH}"


def digest_of(token: str) -> str:
    """Return the SHA-256 in hex under which a token's link is kept."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _token(salt: str) -> str:
    """Return 104 of the salt's random bits as letters and digits."""
    number = int(salt, 16) >> (_SALT_BITS - _BITS)
    letters = []
    for _ in range(TOKEN_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)

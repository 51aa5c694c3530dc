"""The way to one's own choices, offered in a reply that has room for it.

A welcome and the answer to HELP are what people look up again when they want less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.links.model import LinkPurpose
from assent.links.service import sample_path
from assent.messages.alphabet import count_parts
from assent.programmes.linked_texts import LinkOffer, linked_text
from assent.programmes.texts import blanks

if TYPE_CHECKING:
    from assent.consent.model import Standing
    from assent.links.service import Links
    from assent.programmes.linked_texts import LinkedText
    from assent.programmes.model import Programme
    from assent.programmes.texts import SystemText


@dataclass(frozen=True, slots=True)
class ReplyLinks:
    """`site` is where people find their pages."""

    links: Links
    site: str
    support_contact: str

    def worded(
        self, kind: SystemText, locale: str, programme: Programme, standing: Standing | None
    ) -> LinkedText | None:
        """Return the reply with a link to the page of choices, None where it has no room for one
        or where there is nothing to choose. Raises TryAgainError."""
        consent = standing.consent_to(programme.programme_id) if standing else None
        if standing is None or consent is None:
            return None
        key, name, epoch = standing.subscriber_key, programme.programme_id, consent.epoch
        offer = LinkOffer(
            sample=self.site + sample_path(LinkPurpose.PREFERENCES),
            issue=lambda: self.site + self.links.preferences(key, name, epoch),
            fits=lambda text: count_parts(text).parts == 1,
        )
        filling = blanks(locale, programme, programme.brand, self.support_contact)
        return linked_text(kind, locale, programme, filling, offer)

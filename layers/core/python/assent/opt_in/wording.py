"""How a text of ours that waits for an answer is worded: with a link where that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.links.model import LinkPurpose
from assent.links.service import sample_path
from assent.messages.alphabet import count_parts
from assent.programmes.linked_texts import LinkOffer, linked_text
from assent.programmes.texts import blanks, system_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.programmes.model import Programme
    from assent.programmes.texts import SystemText


@dataclass(frozen=True, slots=True, repr=False)
class Wording:
    """The text, and the parts of it that only its reader may know."""

    body: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A text that asks for a yes. `brand` is the house's, for a programme without one; `site` is
    where people find their pages, None: no link is offered."""

    kind: SystemText
    locale: str
    programme: Programme
    brand: str
    support_contact: str
    site: str | None
    code: str | None = None

    def worded(self, issue: Callable[[], str]) -> Wording:
        """Return the text; `issue` returns the path of the link, and is called only when the text
        has room for it."""
        brand = self.programme.brand or self.brand
        secrets = (self.code,) if self.code else ()
        if self.site is not None:
            filling = blanks(self.locale, self.programme, brand, self.support_contact, self.code)
            linked = linked_text(
                self.kind, self.locale, self.programme, filling, self._offer(self.site, issue)
            )
            if linked is not None:
                return Wording(linked.body, (*secrets, linked.token))
        plain = system_text(
            self.kind, self.locale, self.programme, brand, self.support_contact, self.code
        )
        return Wording(plain, secrets)

    @staticmethod
    def _offer(site: str, issue: Callable[[], str]) -> LinkOffer:
        return LinkOffer(
            sample=site + sample_path(LinkPurpose.CONFIRM),
            issue=lambda: site + issue(),
            fits=lambda text: count_parts(text).parts == 1,
        )

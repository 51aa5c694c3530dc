"""How the text that asks for a yes is worded: with a link only where that costs nothing.

A link makes the text longer; a second part would be billed to whoever sends it, and some phones
show the two apart. So the link is a third way to say yes, offered where it fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.links.model import PATHS, LinkPurpose
from assent.links.service import TOKEN_LENGTH
from assent.messages.alphabet import count_parts
from assent.programmes.texts import SystemText, own_text, text_with_link

if TYPE_CHECKING:
    from assent.programmes.model import Programme


@dataclass(frozen=True, slots=True, repr=False)
class Wording:
    """The text, and the parts of it that only its reader may know."""

    body: str
    secrets: tuple[str, ...]


def may_offer_link(programme: Programme, locale: str, brand: str, code: str, site: str) -> bool:
    """Return whether the text with a link is one part. A programme's own wording stays as it is."""
    if own_text(programme, SystemText.CONFIRMATION, locale):
        return False
    link = f"{site}/{PATHS[LinkPurpose.CONFIRM]}/{'x' * TOKEN_LENGTH}"
    return count_parts(text_with_link(locale, programme, brand, code, link)).parts == 1

"""The same texts with a link in them, offered only where that costs no second part.

A second part would be billed to whoever sends it, and some phones show the two apart. So each text
has shorter and shorter wordings, all with every required element, and goes without the link where
none of them is short enough.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, cast

from assent.programmes.texts import fill, language, own_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assent.programmes.model import Programme
    from assent.programmes.texts import SystemText


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """A link that a text may carry. `sample` is as long as it; `issue` makes it, once the text is
    known to have room; `fits` says whether a text is one part."""

    sample: str
    issue: Callable[[], str]
    fits: Callable[[str], bool]


@dataclass(frozen=True, slots=True, repr=False)
class LinkedText:
    """A text and the end of its link, which only its reader may know."""

    body: str
    token: str


def linked_text(
    kind: SystemText,
    locale: str,
    programme: Programme,
    filling: Mapping[str, str],
    offer: LinkOffer,
) -> LinkedText | None:
    """Return the longest wording that has room for the link. `filling` is that of `texts.blanks`.

    None: no wording has room, or the programme words this text itself; that stays as it is.
    """
    if own_text(programme, kind, locale):
        return None
    for wording in wordings(kind, locale):
        if offer.fits(fill(wording, {**filling, "link": offer.sample})):
            link = offer.issue()
            return LinkedText(fill(wording, {**filling, "link": link}), link.rpartition("/")[2])
    return None


def wordings(kind: SystemText, locale: str) -> Sequence[str]:
    """Return the wordings of a text with a link, longest first; none for a text without one."""
    return _texts()[language(locale)].get(kind.value, ())


@functools.cache
def _texts() -> dict[str, dict[str, list[str]]]:
    source = resources.files("assent.programmes") / "data" / "linked_texts.json"
    return cast("dict[str, dict[str, list[str]]]", json.loads(source.read_text(encoding="utf-8")))

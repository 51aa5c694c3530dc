"""Which characters make a text dear, and what its author may write instead.

GSM-7 lacks most of the world's letters; one of them more than halves what a part holds. What is
offered is for the author's own words: nobody's name is ever respelled without being asked.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from assent.messages.alphabet import is_gsm

_MAX_NAMED = 20
# What word processors put in, letters whose plain form Unicode does not know, and signs.
_INSTEAD = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'",
    "\u0060": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u00ab": '"',
    "\u00bb": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
    "\u2212": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2022": "*",
    "\u00d7": "x", "\u00b7": ".", "\u2122": "TM", "\u00ae": "(R)", "\u00a9": "(C)",
    "\u0153": "oe", "\u0152": "OE", "\u0142": "l", "\u0141": "L", "\u0111": "d", "\u0110": "D",
    "\u00f0": "d", "\u00d0": "D", "\u00fe": "th", "\u00de": "Th", "\u0131": "i", "\u1e9e": "SS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Culprit:
    """A character that GSM-7 lacks: its first place, how often it stands, and what could stand
    instead (None: there is nothing like it)."""

    character: str
    index: int
    count: int
    instead: str | None

    @property
    def name(self) -> str:
        """Return its name in Unicode, such as `LEFT SINGLE QUOTATION MARK`."""
        return unicodedata.name(self.character, f"U+{ord(self.character):04X}")


def culprits(text: str) -> tuple[Culprit, ...]:
    """Return the characters of `text` that GSM-7 lacks, in order, at most twenty."""
    places: dict[str, int] = {}
    for index, character in enumerate(text):
        if not is_gsm(character):
            places.setdefault(character, index)
    return tuple(
        Culprit(character, index, text.count(character), _instead(character))
        for character, index in list(places.items())[:_MAX_NAMED]
    )


def transliterated(text: str) -> str:
    """Return the text with what there is something like replaced; the rest stays as it is."""
    return "".join(
        each if is_gsm(each) else (_instead(each) or each)
        for each in unicodedata.normalize("NFC", text)
    )


def _instead(character: str) -> str | None:
    if character in _INSTEAD:
        return _INSTEAD[character]
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each)
    )
    return plain if plain and all(is_gsm(each) for each in plain) else None

"""How many parts a text is billed as, and which character made it dear.

Carriers bill parts, so pace, cost and caps all count with this one function. It walks the parts
instead of dividing, because an escape pair and a surrogate pair are never split between two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# 3GPP TS 23.038, 6.2.1: the default alphabet (without ESC) and its extension table. An extension
# character is sent as ESC and a second septet.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
_GSM = _BASIC | _EXTENSION
_ESCAPE = "\x1b"
_AS_SEPTETS = _ESCAPE + " "

# 3GPP TS 23.040, 9.2.3.24.1: 140 bytes, less 6 of header in each part of a joined text.
_GSM_SINGLE, _GSM_JOINED = 160, 153
_UCS2_SINGLE, _UCS2_JOINED = 70, 67
_HIGH_SURROGATES = range(0xD8, 0xDC)


class Encoding(StrEnum):
    """What a text is sent in; the network decides by its characters alone."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class PartCount:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2. `culprit` is the first character
    that GSM-7 lacks, and `culprit_index` its place in the text; both None in GSM-7."""

    parts: int
    encoding: Encoding
    units: int
    culprit: str | None = None
    culprit_index: int | None = None


def is_gsm(text: str) -> bool:
    """Return whether GSM-7 has every character of `text`."""
    return _GSM.issuperset(text)


def count_parts(text: str) -> PartCount:
    """Return the parts in which `text` is sent; an empty text is one part."""
    if _GSM.issuperset(text):
        return _count_gsm(text)
    return _count_ucs2(text)


def _count_gsm(text: str) -> PartCount:
    if _EXTENSION.isdisjoint(text):
        units = len(text)
        parts = 1 if units <= _GSM_SINGLE else -(-units // _GSM_JOINED)
        return PartCount(parts, Encoding.GSM_7, units)
    septets = text
    for character in _EXTENSION:
        septets = septets.replace(character, _AS_SEPTETS)
    units = len(septets)
    if units <= _GSM_SINGLE:
        return PartCount(1, Encoding.GSM_7, units)
    parts = _walk(units, _GSM_JOINED, lambda last: septets[last] == _ESCAPE)
    return PartCount(parts, Encoding.GSM_7, units)


def _count_ucs2(text: str) -> PartCount:
    index = next(i for i, character in enumerate(text) if character not in _GSM)
    # An unpaired surrogate is no text, but counting must not be what fails on it.
    encoded = text.encode("utf-16-be", "surrogatepass")
    units = len(encoded) // 2
    if units <= _UCS2_SINGLE:
        parts = 1
    else:
        parts = _walk(units, _UCS2_JOINED, lambda last: encoded[2 * last] in _HIGH_SURROGATES)
    return PartCount(parts, Encoding.UCS_2, units, text[index], index)


def _walk(units: int, room: int, opens_pair: Callable[[int], bool]) -> int:
    """Return the parts of `room` units each, where a part ends before a unit that opens a pair."""
    parts, at = 1, 0
    while units - at > room:
        last = at + room - 1
        at = last if opens_pair(last) else last + 1
        parts += 1
    return parts

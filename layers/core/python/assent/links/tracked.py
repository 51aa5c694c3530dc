"""Links of a campaign's text that lead to a shop and tell who followed one.

A code says which campaign, which of its targets and whose it is, and stands nowhere else: a stored
link would cost a write for each person. It is one block, enciphered as a whole (a Feistel network
of four rounds of HMAC-SHA-256; Luby and Rackoff 1988), so nothing of it can be read or altered, and
people's codes in two campaigns have nothing in common. Where it leads stands in the campaign alone:
a code can choose among a campaign's targets and never name another.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.identifiers import CampaignId
from assent.links.service import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# E.164 has at most 15 digits: 10 ** 15 < 2 ** 50. The guard bits tell a code that we made from
# what somebody typed: of 500,000 guesses one would count a click for a number, if it is known.
_DIGITS_BITS, _CAMPAIGN_BITS, _NUMBER_BITS, _GUARD_BITS = 50, 65, 6, 19
_HALF_BITS = 70
_ROUNDS = 4
CODE_LENGTH = 24  # 62 ** 24 > 2 ** 140
PATH = "l"
MAX_TARGETS = 2**_NUMBER_BITS
_CAMPAIGN = re.compile(r"c_([0-9a-hjkmnp-tv-z]{1,12})")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_HALF = (1 << _HALF_BITS) - 1


@dataclass(frozen=True, slots=True, repr=False)
class Followed:
    """What a code says. `digits` are those of the number in E.164."""

    campaign_id: CampaignId
    number: int
    digits: int

    def __repr__(self) -> str:
        return f"Followed({self.campaign_id}, {self.number})"


@dataclass(frozen=True, slots=True)
class Tracking:
    """Makes and opens codes. `keys` returns the secrets of all live versions, that of new codes
    first; it is asked when the first code is needed."""

    keys: Callable[[], Sequence[bytes]]

    def code(self, said: Followed) -> str:
        """Return CODE_LENGTH letters and digits. Raises ValueError for an id that is not ours."""
        payload = said.digits << _CAMPAIGN_BITS | _packed(said.campaign_id)
        payload = (payload << _NUMBER_BITS | said.number) << _GUARD_BITS
        left, right = payload >> _HALF_BITS, payload & _HALF
        key = self.keys()[0]
        for each in range(_ROUNDS):
            left, right = right, left ^ _round(key, each, right)
        return _spelled(left << _HALF_BITS | right)

    def opened(self, code: str) -> Followed | None:
        """Return what a code says; None for one that none of the keys made."""
        number = _read(code)
        if number is None:
            return None
        for key in self.keys():
            left, right = number >> _HALF_BITS, number & _HALF
            for each in reversed(range(_ROUNDS)):
                left, right = right ^ _round(key, each, left), left
            payload, guard = divmod(left << _HALF_BITS | right, 1 << _GUARD_BITS)
            if guard == 0:
                return _said(payload)
        return None


def _said(payload: int) -> Followed | None:
    payload, number = divmod(payload, MAX_TARGETS)
    digits, packed = divmod(payload, 1 << _CAMPAIGN_BITS)
    letters = ""
    while packed > 1:
        packed, letter = divmod(packed, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return Followed(CampaignId(f"c_{letters}"), number, digits) if letters else None


def _packed(campaign_id: CampaignId) -> int:
    """Return the id as a number; a leading one keeps its leading zeros."""
    found = _CAMPAIGN.fullmatch(campaign_id)
    if found is None:
        message = "a campaign's id has up to twelve of its own letters"
        raise ValueError(message)
    packed = 1
    for letter in found[1]:
        packed = packed * len(_LETTERS) + _LETTERS.index(letter)
    return packed


def _round(key: bytes, number: int, half: int) -> int:
    digest = hmac.digest(key, b"tracked:%d:%x" % (number, half), "sha256")
    return int.from_bytes(digest, "big") & _HALF


def _spelled(number: int) -> str:
    letters = []
    for _ in range(CODE_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def _read(code: str) -> int | None:
    if len(code) != CODE_LENGTH or any(letter not in ALPHABET for letter in code):
        return None
    number = 0
    for letter in reversed(code):
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number if number >> (2 * _HALF_BITS) == 0 else None

"""Links for campaign texts, which are written nowhere: all they say stands sealed in the token.

A link that is stored costs a write for each person and campaign, more than the text's own claim. A
token that carried the 192 bits of a subscriber's key would fill half a text; so it carries the
number, encrypted under an initialisation vector that authenticates it (SIV, RFC 5297, with
HMAC-SHA-256 as its pseudo-random function).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assent.links.service import ALPHABET, CHOICES_FOR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.identifiers import ProgrammeId
    from assent.links.model import LinkPurpose

# E.164 has at most 15 digits: 10 ** 15 < 2 ** 50.
_DIGITS_BITS, _TAG_BITS, _EPOCH_BITS, _WEEK_BITS = 50, 16, 16, 12
_PAYLOAD_BITS = _DIGITS_BITS + _TAG_BITS + _EPOCH_BITS + _WEEK_BITS
# Forging one takes 2 ** 72 visits to a page; two payloads share a vector once in 2 ** 36 links.
_SEAL_BITS = 72
SEALED_LENGTH = 28  # 62 ** 28 > 2 ** (94 + 72)
_MAX_EPOCH = 2**_EPOCH_BITS - 1
_WEEK = timedelta(weeks=1)
_FIRST_WEEK = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """What a token says. `digits` are those of the number in E.164; `tag` tells the programme from
    others of the same person; `expires_at` is counted from the week of issue."""

    digits: int
    tag: int
    epoch: int
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Sealed({self.tag}, {self.epoch})"


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes and opens tokens. `keys` returns the secrets of all live versions, the one that new
    tokens get first; it is asked when the first link is needed."""

    keys: Callable[[], Sequence[bytes]]

    def token(
        self,
        purpose: LinkPurpose,
        digits: int,
        programme_id: ProgrammeId,
        epoch: int,
        issued_at: datetime,
    ) -> str:
        """Return SEALED_LENGTH letters and digits: the same for all links of a week."""
        payload = digits
        for bits, value in (
            (_TAG_BITS, tag_of(programme_id)),
            (_EPOCH_BITS, min(epoch, _MAX_EPOCH)),
            (_WEEK_BITS, max(0, (issued_at - _FIRST_WEEK) // _WEEK)),
        ):
            payload = payload << bits | value
        key = self.keys()[0]
        vector = _vector(key, purpose, payload)
        return _spelled(vector << _PAYLOAD_BITS | payload ^ _mask(key, purpose, vector))

    def opened(self, token: str, purpose: LinkPurpose) -> Sealed | None:
        """Return what the token says; None for one that none of the keys made for this purpose."""
        number = _read(token)
        if number is None:
            return None
        vector, hidden = divmod(number, 1 << _PAYLOAD_BITS)
        for key in self.keys():
            payload = hidden ^ _mask(key, purpose, vector)
            if hmac.compare_digest(
                _bytes(_vector(key, purpose, payload)), _bytes(vector & (2**_SEAL_BITS - 1))
            ):
                # A second spelling of one number would be a second token.
                return _unpacked(payload) if vector < 2**_SEAL_BITS else None
        return None


def tag_of(programme_id: ProgrammeId) -> int:
    """Return the programme's tag: not unique, but one person has few programmes."""
    return int.from_bytes(hashlib.sha256(programme_id.encode()).digest()[: _TAG_BITS // 8], "big")


def _unpacked(payload: int) -> Sealed:
    payload, week = divmod(payload, 1 << _WEEK_BITS)
    payload, epoch = divmod(payload, 1 << _EPOCH_BITS)
    digits, tag = divmod(payload, 1 << _TAG_BITS)
    # Counted from the end of the week, so that no link lives shorter than promised.
    return Sealed(digits, tag, epoch, _FIRST_WEEK + (week + 1) * _WEEK + CHOICES_FOR)


def _vector(key: bytes, purpose: LinkPurpose, payload: int) -> int:
    said = f"vector:{purpose.value}:{payload:x}".encode()
    return _number(hmac.digest(key, said, "sha256"), _SEAL_BITS)


def _mask(key: bytes, purpose: LinkPurpose, vector: int) -> int:
    said = f"mask:{purpose.value}:{vector:x}".encode()
    return _number(hmac.digest(key, said, "sha256"), _PAYLOAD_BITS)


def _number(digest: bytes, bits: int) -> int:
    return int.from_bytes(digest, "big") >> (8 * len(digest) - bits)


def _bytes(number: int) -> bytes:
    return number.to_bytes(_SEAL_BITS // 8, "big")


def _spelled(number: int) -> str:
    letters = []
    for _ in range(SEALED_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def _read(token: str) -> int | None:
    if len(token) != SEALED_LENGTH or any(letter not in ALPHABET for letter in token):
        return None
    number = 0
    for letter in reversed(token):
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number

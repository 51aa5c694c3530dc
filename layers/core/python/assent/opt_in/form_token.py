"""Proof that a form was served by us, for this programme, a moment ago and for one use.

The token carries its own time and nonce under a keyed hash, so nothing is stored for a form that
is never sent; only a use is remembered, until the token is too old to be used anyway.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.errors import InvalidFormTokenError

if TYPE_CHECKING:
    from assent.abuse.counters import Counters
    from assent.clock import Clock
    from assent.consent.model import PhoneKeys
    from assent.identifiers import Ids, ProgrammeId

MAX_AGE = timedelta(hours=24)
# Nobody reads a disclosure, types a number and ticks a box in less.
MIN_FILL = timedelta(seconds=2)
_PURPOSE = "form"
_SHAPE = re.compile(r"([0-9]{1,15})\.([0-9a-f]{32})\.([A-Za-z0-9_=-]{16,128})")


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form that we served. `is_filled_by_hand`: it was away for as long as a person needs; what
    came back sooner proves nothing and counts as a form without a token."""

    nonce: str
    is_filled_by_hand: bool


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Issues, checks and uses up form tokens."""

    keys: PhoneKeys
    clock: Clock
    ids: Ids
    counters: Counters

    def issue(self, programme_id: ProgrammeId) -> str:
        """Return a token for a form of this programme, shown now."""
        issued, nonce = str(self._milliseconds()), self.ids.salt()
        return f"{issued}.{nonce}.{self._mac(programme_id, issued, nonce)}"

    def read(self, token: str, programme_id: ProgrammeId) -> ShownForm:
        """Return the form that the token was served with.

        Raises InvalidFormTokenError when it is altered, another programme's or over a day old.
        """
        shape = _SHAPE.fullmatch(token)
        if shape is None:
            raise _invalid()
        issued, nonce, mac = shape.groups()
        if not hmac.compare_digest(mac, self._mac(programme_id, issued, nonce)):
            raise _invalid()
        age = timedelta(milliseconds=self._milliseconds() - int(issued))
        if not timedelta(0) <= age <= MAX_AGE:
            raise _invalid()
        return ShownForm(nonce, is_filled_by_hand=age >= MIN_FILL)

    def use_up(self, form: ShownForm) -> None:
        """Let the token count once. Raises InvalidFormTokenError when it counted before."""
        until = self.clock.now() + MAX_AGE
        if not self.counters.take(f"form#{form.nonce}", 1, until):
            raise _invalid()

    def _mac(self, programme_id: ProgrammeId, issued: str, nonce: str) -> str:
        return self.keys.mac(_PURPOSE, f"{programme_id}|{issued}|{nonce}")

    def _milliseconds(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def _invalid() -> InvalidFormTokenError:
    return InvalidFormTokenError("Load the form again and send it once more.", field="form_token")

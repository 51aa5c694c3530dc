"""Proof that a form was served by us, for this programme, a moment ago and not last week.

The token carries its own time under a keyed hash, so nothing is stored for a form never sent.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.errors import InvalidFormTokenError

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.consent.model import PhoneKeys
    from assent.identifiers import ProgrammeId

MAX_AGE = timedelta(hours=24)
_PURPOSE = "form"
_SHAPE = re.compile(r"([0-9]{1,15})\.([A-Za-z0-9_=-]{16,128})")


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Issues and checks form tokens. `min_fill` is the least time a person needs for the form;
    zero asks for none."""

    keys: PhoneKeys
    clock: Clock
    min_fill: timedelta = timedelta(0)

    def issue(self, programme_id: ProgrammeId) -> str:
        """Return a token for a form of this programme, shown now."""
        issued = str(self._milliseconds())
        return f"{issued}.{self._mac(programme_id, issued)}"

    def verify(self, token: str, programme_id: ProgrammeId) -> None:
        """Raises InvalidFormTokenError when the token is altered, another programme's, over a day
        old, or came back faster than a person fills a form."""
        shape = _SHAPE.fullmatch(token)
        if shape is None:
            raise _invalid()
        issued, mac = shape.groups()
        if not hmac.compare_digest(mac, self._mac(programme_id, issued)):
            raise _invalid()
        age = timedelta(milliseconds=self._milliseconds() - int(issued))
        if not self.min_fill <= age <= MAX_AGE:
            raise _invalid()

    def _mac(self, programme_id: ProgrammeId, issued: str) -> str:
        return self.keys.mac(_PURPOSE, f"{programme_id}|{issued}")

    def _milliseconds(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def _invalid() -> InvalidFormTokenError:
    return InvalidFormTokenError("Load the form again and send it once more.", field="form_token")

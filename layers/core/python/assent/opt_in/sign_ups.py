"""A sign-up on its way from the door, where it is answered, to where it is acted on.

Between the two lies a queue: what is known of a number is first read behind it, so that neither
the words of the answer nor its time can depend on whose number was given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.consent.events import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.consent.model import PhoneKeys
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

_CODE_PURPOSE = "confirmation_code"


@dataclass(frozen=True, slots=True)
class AskedSignUp:
    """A sign-up that was valid at the door. `has_token`: with a form token that proves a person;
    `is_bot`: the field that people do not see was filled, so nothing will be done. `facts` are
    impersonal, `evidence` is personal; `profile` is what the form said; `source` is the door.
    `site` is where people find their pages, such as `https://sms.example.com`; None: no link is
    offered."""

    sign_up_id: str
    programme_id: ProgrammeId
    phone: PhoneNumber
    locale: str
    asked_at: datetime
    has_token: bool
    is_bot: bool
    facts: Mapping[str, str | int]
    evidence: Mapping[str, str | int | bool | None]
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    source: Source = Source.FORM
    site: str | None = None

    def __repr__(self) -> str:
        return f"AskedSignUp({self.sign_up_id})"


class SignUpQueue(Protocol):
    """Takes sign-ups in and hands each over at least once."""

    def put(self, asked: AskedSignUp) -> None:
        """Keep the sign-up until it is acted on. Raises TryAgainError, then it may be kept."""
        ...


def code_hash(
    keys: PhoneKeys, subscriber_key: SubscriberKey, programme_id: ProgrammeId, code: str
) -> str:
    """Return the keyed hash under which a confirmation code is kept."""
    return keys.mac(_CODE_PURPOSE, f"{subscriber_key}|{programme_id}|{code}")

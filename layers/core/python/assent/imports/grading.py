"""How well a claimed consent is proved, from A (wording and double opt-in) to E (a bare claim).

The burden of proof lies with who texts (47 CFR 64.1200(a)(9) and (f)(9): the signature and the
clear disclosure; GDPR Art. 7(1)), so what a row cannot show does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# A shorter one names neither who texts nor that it is marketing.
_LEAST_WORDING = 30


class Grade(StrEnum):
    """The evidence that a row carries; each lacks something of the one before."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class Handling(StrEnum):
    """What is done with people of a grade: texted as they are, asked by a double opt-in text, or
    left out."""

    ACCEPT = "accept"
    ASK = "ask"
    REFUSE = "refuse"


# Whom nobody can prove to have agreed is not even asked: the question itself is a text.
DEFAULT_HANDLING: Mapping[Grade, Handling] = MappingProxyType(
    {
        Grade.A: Handling.ACCEPT,
        Grade.B: Handling.ASK,
        Grade.C: Handling.ASK,
        Grade.D: Handling.REFUSE,
        Grade.E: Handling.REFUSE,
    }
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row says of a consent. `wording` is the text shown; `where` the page, form or shop;
    `confirmed_by` the reply, or the id of the message, with which the phone confirmed."""

    consented_at: datetime | None = None
    wording: str = ""
    where: str = ""
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    other: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def grade(claim: Claim) -> Grade:
    """Return the grade of the evidence that the row itself carries."""
    has_wording = len(claim.wording) >= _LEAST_WORDING
    if not (claim.consented_at and claim.where):
        return Grade.D if claim.consented_at or claim.where else Grade.E
    if not has_wording:
        return Grade.C
    is_confirmed = (
        claim.confirmed_at is not None
        and claim.confirmed_by != ""
        and claim.confirmed_at >= claim.consented_at
    )
    return Grade.A if is_confirmed else Grade.B

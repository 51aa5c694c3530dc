"""What the use cases of consent take and give back."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.consent.policy import PENDING_FOR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from assent.consent.model import ConsentStatus
    from assent.consent.policy import ConfirmReason, OptInReason, RequestDecision
    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class SignUp:
    """A form's request for consent, judged valid at the door.

    `facts` are impersonal (disclosure version, digest, locale); `evidence` is personal (page, IP,
    user agent, the number as typed). `code_hash` is the keyed hash of the code about to be texted.
    `source` is the door; the rules are the same for each. The request is open for `pending_for`,
    and due for a reminder after `remind_after`; None: no reminder.
    """

    subscriber_key: SubscriberKey
    phone: PhoneNumber
    programme_id: ProgrammeId
    locale: str
    code_hash: str
    is_country_served: bool
    facts: Mapping[str, str | int]
    evidence: Mapping[str, str | int | bool | None]
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    dedupe_key: str | None = None
    source: Source = Source.FORM
    pending_for: timedelta = PENDING_FOR
    remind_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """The decision (None for a repeat), and the epoch that the request opened, 0 for none."""

    decision: RequestDecision | None
    epoch: int = 0
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmOutcome:
    """Whether consent stands now, and why."""

    is_confirmed: bool
    reason: ConfirmReason


@dataclass(frozen=True, slots=True)
class StopOutcome:
    """`first`: this opt-out ended something, so it is confirmed by one text. `superseded`: a later
    START was there already. `is_repeat`: this very input was applied before."""

    first: bool
    in_flight: tuple[CampaignId, ...] = ()
    superseded: bool = False
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class StartOutcome:
    """What START or YES came to; `confirmed` are the programmes that it confirmed."""

    reason: OptInReason | None
    confirmed: tuple[ProgrammeId, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class ConsentAt:
    """Where a number stood with a programme at some instant. `is_stopped`: by brand-wide opt-out.
    `seqs` are the events up to then that concern the programme."""

    status: ConsentStatus
    since: datetime | None
    is_stopped: bool
    seqs: tuple[int, ...]

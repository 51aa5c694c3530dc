"""Who agreed to what: one subscriber's standing with each programme, and what may change it.

The standing is one DynamoDB item, so that a consent change and a campaign's claim are writes to
the same item and one of them is always before the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.consent.agenda import Due
    from assent.consent.events import ConsentEvent, Evidence
    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber


class ConsentStatus(StrEnum):
    """`none → pending → confirmed → withdrawn`, or `pending → expired`; the person moves it on."""

    NONE = "none"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Consent:
    """Standing with one programme. `epoch` grows by one at each request and each withdrawal,
    so that a link or code issued before it is dead after it."""

    status: ConsentStatus
    epoch: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A campaign's right to text this person once, taken before the text."""

    campaign_id: CampaignId
    programme_id: ProgrammeId
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Marketing rests until a person has read an ambiguous reply."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One subscriber: the aggregate that every consent change and every claim is a write to.

    `stopped_at` is the brand-wide opt-out: while set, nothing is sent, and only the person lifts
    it from their own phone. `paused_until`: the person asked for no campaign before it. While
    `restricted_at` is set, data is stored and not used: no texts, no segments. While `kept_at` is
    set, a legal hold, nothing of it is deleted. Staff alone set and lift both. `seq` and
    `head_hash` are the tip of the event chain; `claims_version` grows by one with each claim.
    `phone` is None after erasure.
    """

    subscriber_key: SubscriberKey
    phone: PhoneNumber | None
    seq: int = 0
    head_hash: str = ""
    consents: Mapping[ProgrammeId, Consent] = field(default_factory=lambda: MappingProxyType({}))
    stopped_at: datetime | None = None
    hold: Hold | None = None
    paused_until: datetime | None = None
    restricted_at: datetime | None = None
    kept_at: datetime | None = None
    claims: Mapping[CampaignId, Claim] = field(default_factory=lambda: MappingProxyType({}))
    claims_version: int = 0

    def consent_to(self, programme_id: ProgrammeId) -> Consent | None:
        """Return the standing with this programme, None if there never was any."""
        return self.consents.get(programme_id)

    def status_of(self, programme_id: ProgrammeId) -> ConsentStatus:
        """Return the status with this programme, `none` if there never was any."""
        consent = self.consents.get(programme_id)
        return consent.status if consent else ConsentStatus.NONE


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """An opt-in that waits for the person's answer; what confirms it is bound to its epoch.

    `code_hash` is a keyed hash; `profile` is what the form said, kept apart until confirmation.
    `texted_at` are the confirmation texts of the last 30 days, this request's and earlier ones'.
    `remind_at` is when the one reminder is due; None: none is wanted, or it was claimed.
    """

    subscriber_key: SubscriberKey
    programme_id: ProgrammeId
    epoch: int
    locale: str
    requested_at: datetime
    expires_at: datetime
    code_hash: str
    attempts_left: int
    texted_at: tuple[datetime, ...] = ()
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    is_open: bool = True
    remind_at: datetime | None = None

    @property
    def look_at(self) -> datetime:
        """When it is to be looked at next: for its reminder, else for its end."""
        return self.remind_at or self.expires_at


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """All that one decision writes, in one transaction or not at all.

    `before` is the standing it was decided on (None: a number never seen). `events` continue its
    chain. `dedupe_key` names the input (such as an inbound message id), so that applying it twice
    is refused. `open_request` replaces the stored one; `profile` is merged into the subscriber's.
    `tell_provider`: the provider's own opt-out list must follow; a notice of it is put down too.
    `forget`: the stored profile is emptied. `due` are the agenda's new entries.
    """

    before: Standing | None
    after: Standing
    events: Sequence[tuple[ConsentEvent, Evidence]]
    dedupe_key: str | None = None
    open_request: OpenRequest | None = None
    profile: Mapping[str, object] | None = None
    tell_provider: bool = False
    forget: bool = False
    due: Sequence[Due] = ()


class ConsentStore(Protocol):
    """Where standings, their events and their evidence are kept."""

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        """Return the standing, read consistently; None for a number never seen."""
        ...

    def open_request(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId
    ) -> OpenRequest | None:
        """Return the last request, open or not, read consistently."""
        ...

    def open_requests(
        self, subscriber_key: SubscriberKey, programme_ids: Sequence[ProgrammeId]
    ) -> Sequence[OpenRequest]:
        """Return the requests of these programmes that exist, read consistently."""
        ...

    def save_request(self, request: OpenRequest, *, expected_attempts_left: int) -> None:
        """Use up an attempt of a stored request.

        Conditions: the stored one has these attempts left, is open as `request` is, and is of the
        same epoch, code, reminder and texts. Raises ChangedMeanwhileError when it is not: then a
        newer request, an answer, a reminder or another attempt was first.
        """
        ...

    def commit(self, change: ConsentChange) -> None:
        """Write the change atomically.

        Conditions: `seq` and `claims_version` are still those of `before` (or the item is new).
        Raises ChangedMeanwhileError when they are not, AlreadyAppliedError when `dedupe_key`
        was used before; in both cases nothing is written.
        """
        ...

    def is_applied(self, dedupe_key: str) -> bool:
        """Return whether an input with this key was committed before."""
        ...

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        """Return all events in order of `seq`, read consistently; evidence is None once erased."""
        ...


class PhoneKeys(Protocol):
    """The keyed hash under which a number is known; without the key nobody can walk all numbers."""

    def key_of(self, phone: PhoneNumber) -> SubscriberKey:
        """Return `k<version>_<base64url of 192 bits of HMAC-SHA-256>`."""
        ...

    def mac(self, purpose: str, text: str) -> str:
        """Return a keyed hash of `text`, of its own domain per `purpose` (codes, form tokens)."""
        ...

"""What became of each text: one row per outbound message, and the port that sends.

An outcome is a type, never an exception or a sentinel: what is not known is `in_doubt` for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber


class Purpose(StrEnum):
    """Why a text was sent; only `campaign` is marketing."""

    CAMPAIGN = "campaign"
    CONFIRMATION = "confirmation"
    CONFIRMED_REPLY = "confirmed_reply"
    OPT_OUT_REPLY = "opt_out_reply"
    HELP_REPLY = "help_reply"
    REMINDER = "reminder"
    RECONFIRMATION = "reconfirmation"


class Outcome(StrEnum):
    """The fate of a claimed text."""

    SENT = "sent"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    ABORTED = "aborted"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class OutboundText:
    """One text to hand to the carrier. `attempt_id` is unique per claim."""

    phone: PhoneNumber
    body: str
    attempt_id: str
    is_marketing: bool


@dataclass(frozen=True, slots=True)
class SendResult:
    """What the one publish said. `opted_out`: the provider refused for an opt-out of its own;
    `is_account_wide`: it refuses every text of this account until somebody has mended that."""

    outcome: Outcome
    provider_message_id: str | None = None
    reason: str | None = None
    opted_out: bool = False
    is_account_wide: bool = False


def at_once() -> bool:
    """What `may_leave` is for a text that need not wait."""
    return True


class SmsSender(Protocol):
    """Hands one text to the carrier exactly once; never raises for what the carrier did."""

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        """Publish once, without retry, and classify the answer.

        `may_leave` may wait. It is asked once, when the request is ready and nothing is left to do
        but to write it to the socket, so that what it has seen to still holds as the text leaves.
        When it says no, or raises, the text certainly did not leave: the outcome is `aborted`, or
        what it raised is raised.
        `sent`: the provider gave an id. `refused`: certainly not sent, and will not be.
        `throttled`: certainly not sent, may be tried again. `in_doubt`: nobody can know.
        """
        ...


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One text and its fate. `claimed_at` with the campaign (or purpose) is its key, so that the
    row of a claim can be found from the claim alone. `decision` is what permitted a campaign's
    text, packed (see `campaigns.trace`)."""

    subscriber_key: SubscriberKey
    claimed_at: datetime
    purpose: Purpose
    outcome: Outcome
    body: str
    parts: int
    campaign_id: CampaignId | None = None
    programme_id: ProgrammeId | None = None
    provider_message_id: str | None = None
    reason: str | None = None
    variant: str | None = None
    decision: str | None = None

    @property
    def sent_id(self) -> str:
        """The sort key: time first, so that one number's texts read in order."""
        return sent_id(self.claimed_at, self.campaign_id or self.purpose.value)


def sent_id(claimed_at: datetime, campaign_or_purpose: str) -> str:
    """Return the ledger's sort key for a claim."""
    return f"{iso(claimed_at)}#{campaign_or_purpose}"


class MessageLedger(Protocol):
    """Where the fate of each text is kept, for at least 400 days."""

    def record(self, rows: Sequence[LedgerRow]) -> None:
        """Write all rows; rows already written by the same claim are replaced by equal ones."""
        ...

    def record_in_doubt(self, row: LedgerRow) -> bool:
        """Write `row` unless its claim has one already; return whether it was written."""
        ...

    def rows(self, keys: Sequence[tuple[SubscriberKey, str]]) -> Sequence[LedgerRow]:
        """Return those rows of (subscriber_key, sent_id) that exist, read consistently."""
        ...

    def of_subscriber(
        self, subscriber_key: SubscriberKey, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[LedgerRow], str | None]:
        """Return one page, newest first, and the `before` of the next page."""
        ...

    def last_to(self, subscriber_key: SubscriberKey) -> LedgerRow | None:
        """Return the newest row of this number."""
        ...

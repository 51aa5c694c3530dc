"""What can be exported: five sets of rows, each with its documented columns.

A row is a dict of column to JSON value; CSV and JSON Lines are two ways to write the same row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assent.consent.model import ConsentStatus
    from assent.identifiers import ProgrammeId, SubscriberKey

Row = dict[str, object]
MOST_NUMBERS = 1000


class Dataset(StrEnum):
    """The sets, in the order in which a bundle is written."""

    CONSENT_EVENTS = "consent_events"
    CURRENT_CONSENTS = "current_consents"
    MESSAGES = "messages"
    OPT_OUTS = "opt_outs"
    STAFF_AUDIT = "staff_audit"


class FileFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What was asked for: rows with `since ≤ time < until` of their own time column, and of these
    the ones of a programme, of people with one of these statuses today, or of these people (None
    or empty: all). `as_dossier`: with the page about the one person whom it is of."""

    since: datetime
    until: datetime
    datasets: tuple[Dataset, ...] = (Dataset.CONSENT_EVENTS,)
    file_format: FileFormat = FileFormat.CSV
    programme_id: ProgrammeId | None = None
    statuses: tuple[ConsentStatus, ...] = ()
    subscriber_keys: tuple[SubscriberKey, ...] | None = None
    as_dossier: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the time narrows it."""
        return not (self.programme_id or self.statuses or self.subscriber_keys is not None)

    def check(self) -> None:
        """Raises InputError for what cannot be asked together."""
        if self.since >= self.until:
            message = "The start must lie before the end, and in the past."
            raise InputError(message, field="from")
        if not self.datasets:
            message = "Name at least one set of rows."
            raise InputError(message, field="datasets")
        if Dataset.STAFF_AUDIT in self.datasets and (self.programme_id or self.statuses):
            message = "The staff audit knows people and times, but no programmes and no statuses."
            raise InputError(message, field="datasets")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows, the place to go on from after them, and what proves them: one proof per digest,
    for the sets that are sealed."""

    cursor: str
    rows: Sequence[Row] = ()
    proof: Row | None = None


class Source(Protocol):
    """Yields the rows of one set."""

    def chunks(self, query: ExportQuery, cursor: str | None) -> Iterator[Chunk]:
        """Yield chunks in order, each at most some 20,000 rows, after `cursor`."""
        ...


_EVENT_COLUMNS = {
    "event_at": "When the server recorded it; ISO 8601, UTC, microseconds.",
    "provider_at": "When the carrier took the person's text; empty for other sources.",
    "phone": "E.164; empty once erased. In CSV '+… (the apostrophe keeps spreadsheets from "
    "reading a formula). The hash does not cover it: only the service's key leads from it to "
    "subscriber_key.",
    "subscriber_key": "The keyed hash that stands for the number.",
    "seq": "The event's place in this person's history, from 1.",
    "programme_id": "Empty: the event concerns every programme of the brand.",
    "type": "requested, confirmed, withdrawn and so on: what happened.",
    "source": "form, inbound_sms, code, link, provider, staff or schedule.",
    "epoch": "Counts requests and withdrawals; a code or link is bound to one.",
    "facts": "Impersonal facts as canonical JSON: reason, disclosure, claims in flight.",
    "evidence": "Personal proof as canonical JSON: page, IP, wording, reply verbatim; empty "
    "once erased.",
    "evidence_salt": "Hex; SHA-256(0x02, salt, evidence) is the digest. Empty once erased.",
    "evidence_digest": "What the event commits to in place of its evidence; hex.",
    "previous_hash": "The hash of this person's event before this one; empty for the first.",
    "hash": "SHA-256(0x00, canonical JSON of the event); hex.",
    "digest": "The number of the digest that this event is sealed in.",
    "leaf": "The event's place among that digest's leaves, from 0.",
}

COLUMNS: Mapping[Dataset, Mapping[str, str]] = MappingProxyType(
    {
        Dataset.CONSENT_EVENTS: _EVENT_COLUMNS,
        Dataset.OPT_OUTS: _EVENT_COLUMNS,
        Dataset.CURRENT_CONSENTS: {
            "phone": "E.164; empty once erased.",
            "subscriber_key": "The keyed hash that stands for the number.",
            "programme_id": "The programme.",
            "status": "pending, confirmed, withdrawn or expired, when the export read it.",
            "since": "When this status was reached.",
            "epoch": "Counts requests and withdrawals.",
            "stopped_at": "When the person opted out of everything; empty: not.",
            "held_at": "Since when marketing rests until a reply is read; empty: it does not.",
            "events": "How many events this person's history has.",
            "head_hash": "The hash of the last of them.",
        },
        Dataset.MESSAGES: {
            "claimed_at": "When the text was about to be sent.",
            "phone": "E.164; empty once erased.",
            "subscriber_key": "The keyed hash that stands for the number.",
            "purpose": "campaign, confirmation, opt_out_reply and so on.",
            "outcome": "sent, refused, in_doubt, aborted or throttled.",
            "reason": "Why not sent.",
            "campaign_id": "The campaign.",
            "programme_id": "The programme.",
            "body": "The text.",
            "parts": "Parts that carriers bill.",
            "provider_message_id": "The provider's own id.",
        },
        Dataset.STAFF_AUDIT: {
            "at": "When.",
            "shard": "Which of the audit's chains.",
            "seq": "The place in it, from 1.",
            "actor": "Who: the sign-in's stable id.",
            "groups": "Their groups, as a JSON list.",
            "action": "What for.",
            "outcome": "begun, done, refused, forbidden or failed.",
            "route": "Which operation.",
            "request_id": "The request.",
            "about": "The campaign, export or the like.",
            "subscriber_key": "The person concerned; empty: nobody in particular.",
            "previous_hash": "The hash of the chain's entry before this one.",
            "hash": "SHA-256(0x03, canonical JSON of the entry); hex.",
        },
    }
)

"""One append-only entry of a subscriber's history, and the hash that chains it to the last.

The event holds keyed hashes and facts only; personal evidence stands beside it and is bound by a
salted hash, so that erasing the evidence leaves the chain verifiable.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.clock import iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.identifiers import ProgrammeId, SubscriberKey

# RFC 6962 section 2.1: leaves and nodes are hashed under different first bytes, so that no node can
# be passed off as a leaf. Evidence has a domain of its own for the same reason.
LEAF_TAG = b"\x00"
EVIDENCE_TAG = b"\x02"
SCHEMA = 1


class EventType(StrEnum):
    """What happened. Values are stored and exported; never renamed."""

    REQUESTED = "requested"
    REQUEST_DECLINED = "request_declined"
    CONFIRMATION_TEXTED = "confirmation_texted"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    STARTED = "started"
    START_REFUSED = "start_refused"
    EXPIRED = "expired"
    HELD = "held"
    RELEASED = "released"
    PREFERENCES_CHANGED = "preferences_changed"
    REMINDED = "reminded"
    RECONFIRMATION_ASKED = "reconfirmation_asked"
    RECONFIRMED = "reconfirmed"
    ERASED = "erased"
    RESTRICTED = "restricted"
    RESTRICTION_LIFTED = "restriction_lifted"
    LEGAL_HOLD_SET = "legal_hold_set"
    LEGAL_HOLD_LIFTED = "legal_hold_lifted"
    ERASURE_QUEUED = "erasure_queued"


class Source(StrEnum):
    """Through which door it came."""

    FORM = "form"
    INBOUND_SMS = "inbound_sms"
    CODE = "code"
    LINK = "link"
    PROVIDER = "provider"
    STAFF = "staff"
    SCHEDULE = "schedule"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Personal proof of one event; `facts` are JSON scalars (page, IP, wording, reply verbatim)."""

    salt: str
    facts: Mapping[str, str | int | bool | None]

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the salt and the canonical facts: what the event commits to."""
        body = EVIDENCE_TAG + bytes.fromhex(self.salt) + canonical(self.facts)
        return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One entry. `programme_id` None means every programme of the brand. `at` is the server's time,
    `provider_at` the carrier's. `facts` are impersonal JSON values (reason, disclosure version and
    hash, claims in flight)."""

    subscriber_key: SubscriberKey
    seq: int
    type: EventType
    at: datetime
    source: Source
    programme_id: ProgrammeId | None
    epoch: int
    evidence_digest: str
    previous_hash: str
    provider_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def hash(self) -> str:
        """SHA-256 in hex over a tag and the canonical JSON of every field."""
        return hashlib.sha256(LEAF_TAG + canonical(self.as_facts())).hexdigest()

    def as_facts(self) -> dict[str, object]:
        """Return what is hashed, as JSON values."""
        return {
            "schema": SCHEMA,
            "subscriber_key": self.subscriber_key,
            "seq": self.seq,
            "type": self.type.value,
            "at": iso(self.at),
            "source": self.source.value,
            "programme_id": self.programme_id,
            "epoch": self.epoch,
            "evidence_digest": self.evidence_digest,
            "previous_hash": self.previous_hash,
            "provider_at": iso(self.provider_at) if self.provider_at else None,
            "facts": dict(self.facts),
        }


def canonical(value: Mapping[str, object]) -> bytes:
    """Return the one JSON encoding of `value` (RFC 8785 for strings, integers, booleans, null).

    Raises TypeError for a float: its textual form is not agreed between languages.
    """
    plain = dict(value)
    _refuse_floats(plain)
    # RFC 8785 sorts by UTF-16 code units; keys here are ASCII identifiers, where the orders agree.
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        message = "canonical JSON holds integers only"
        raise TypeError(message)
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_floats(inner)

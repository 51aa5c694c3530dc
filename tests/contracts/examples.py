"""People, consents and events to write into stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.audience.subscriber import Subscriber
from assent.consent.chain import Chain, Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Claim, Consent, ConsentChange, ConsentStatus, OpenRequest, Standing
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON
from tests.fakes.sequential_ids import SequentialIds

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = SubscriberKey("k1_" + "a" * 32)
OFFERS = ProgrammeId("offers")
NEWS = ProgrammeId("p_7f3k9q0m2x1b")
PHONE = PhoneNumber("+12065550123")
IDS = SequentialIds()
HASH = "ab" * 32


def standing(key: SubscriberKey = KEY) -> Standing:
    """Someone who confirmed `offers` and stopped nothing."""
    confirmed = Consent(ConsentStatus.CONFIRMED, 2, NOON - timedelta(days=3, microseconds=1))
    return Standing(
        key, PHONE, seq=2, head_hash=HASH, consents={OFFERS: confirmed}, claims_version=0
    )


def subscriber(key: SubscriberKey = KEY) -> Subscriber:
    return Subscriber(
        standing(key),
        country="US",
        created_at=NOON - timedelta(days=4),
        profile={"first_name": "Zoë", "birth_year": 1990, "topics": ["shoes", "hats"]},
    )


def claim(campaign: str, programme_id: ProgrammeId = OFFERS) -> Claim:
    return Claim(CampaignId(campaign), programme_id, NOON + timedelta(microseconds=7))


def change(
    before: Standing | None, *entries: Entry, dedupe_key: str | None = None
) -> ConsentChange:
    """Continue the chain of `before` by `entries`, and nothing else."""
    key = before.subscriber_key if before else KEY
    chain = Chain(key, before, NOON, IDS)
    for entry in entries:
        chain.add(entry)
    start = before or Standing(key, PHONE)
    after = replace(start, seq=chain.seq, head_hash=chain.head_hash)
    return ConsentChange(before, after, tuple(chain.events), dedupe_key=dedupe_key)


def requested() -> Entry:
    return Entry(
        EventType.REQUESTED,
        Source.FORM,
        OFFERS,
        epoch=1,
        facts={"disclosure": {"version": 3, "locale": "en"}, "claims": ["c_1"]},
        evidence={"ip": "203.0.113.9", "page": "https://example.invalid/é", "ticked": True},
    )


def stopped() -> Entry:
    return Entry(
        EventType.WITHDRAWN,
        Source.INBOUND_SMS,
        provider_at=NOON - timedelta(seconds=2),
        evidence={"body": "STOP 🛑", "reply_to": None},
    )


def chained(key: SubscriberKey, entries: Sequence[Entry]) -> ConsentChange:
    return change(Standing(key, PHONE), *entries)


def open_request(attempts_left: int = 5) -> OpenRequest:
    return OpenRequest(
        KEY,
        OFFERS,
        epoch=1,
        locale="en",
        requested_at=NOON,
        expires_at=NOON + timedelta(hours=72),
        code_hash="hash",
        attempts_left=attempts_left,
        texted_at=(NOON - timedelta(days=1), NOON),
        remind_at=NOON + timedelta(hours=24),
        profile={"first_name": "Zoë", "topics": ["hats"]},
    )

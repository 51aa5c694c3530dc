"""People to try rules on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from assent.audience.subscriber import Subscriber
from assent.consent.model import Claim, Consent, ConsentStatus, Hold, Standing
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEEKLY = ProgrammeId("weekly")
PHONE = PhoneNumber("+12065550100")


def person(key: str = "k1_ana", country: str = "US", **profile: object) -> Subscriber:
    """Somebody who confirmed the weekly programme ten days ago and was texted three days ago."""
    texted = Claim(CampaignId("c_1"), WEEKLY, NOW - timedelta(days=3))
    confirmed = Consent(ConsentStatus.CONFIRMED, 1, NOW - timedelta(days=10))
    standing = Standing(
        SubscriberKey(key),
        PHONE,
        consents={WEEKLY: confirmed},
        claims={texted.campaign_id: texted},
    )
    return Subscriber(standing, country, NOW - timedelta(days=40), profile)


def standing(
    key: str,
    status: ConsentStatus = ConsentStatus.CONFIRMED,
    *,
    phone: PhoneNumber | None = PHONE,
    is_stopped: bool = False,
    is_held: bool = False,
) -> Subscriber:
    """Somebody with this standing with the weekly programme and no profile."""
    return Subscriber(
        Standing(
            SubscriberKey(key),
            phone,
            consents={WEEKLY: Consent(status, 1, NOW)},
            stopped_at=NOW if is_stopped else None,
            hold=Hold("ambiguous", NOW) if is_held else None,
        ),
        "US",
        NOW,
    )

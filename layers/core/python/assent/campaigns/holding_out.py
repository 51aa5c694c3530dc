"""Who is held out of a campaign, so that its effect can be measured against those who got it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.campaigns.model import Campaign
    from assent.identifiers import SubscriberKey

_HUNDREDTHS_OF_A_PERCENT = 10_000


def is_held_out(campaign: Campaign, subscriber_key: SubscriberKey) -> bool:
    """Return the same for a person in every run of a campaign, and apart from the next campaign."""
    percent = campaign.definition.hold_out_percent
    if not percent:
        return False
    digest = hashlib.blake2b(
        subscriber_key.encode(), digest_size=8, key=campaign.campaign_id.encode()[:64]
    ).digest()
    return int.from_bytes(digest, "big") % _HUNDREDTHS_OF_A_PERCENT < percent * 100

"""Which campaign an opt-out answers: the one that texted the person last, if that was lately.

It is a count for a guardrail and no evidence, so it is kept apart from the opt-out itself, which
never waits for it and never fails because of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from assent.consent.model import Standing
    from assent.identifiers import CampaignId

# Most who leave because of a text leave within hours of it.
ANSWERS_WITHIN = timedelta(days=3)


class OptOutCounts(Protocol):
    """Counts the opt-outs that answer a campaign."""

    def count(self, campaign_id: CampaignId) -> None:
        """Add one. Raises TryAgainError."""
        ...


def answered_campaign(standing: Standing | None, now: datetime) -> CampaignId | None:
    """Return the campaign of the newest claim of the last three days, None if there is none."""
    claims = standing.claims.values() if standing else ()
    recent = [claim for claim in claims if now - claim.at < ANSWERS_WITHIN]
    return max(recent, key=lambda claim: claim.at).campaign_id if recent else None

"""Gathers what is known of one person and asks why a campaign texted them, or did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.campaigns.model import ENDED
from assent.campaigns.past import Subject, decide_then, text_of
from assent.evidence.history import history_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import Campaign
    from assent.campaigns.past import PastDecision
    from assent.clock import Clock
    from assent.evidence.history import Histories
    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.messages.ledger import LedgerRow
    from assent.phone import PhoneNumber
    from assent.programmes.model import Programme


class CampaignsByName(Protocol):
    """The one thing that is asked of the campaigns' store."""

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        """Raises CampaignNotFoundError."""
        ...


class ProgrammesByName(Protocol):
    """The one thing that is asked of the programmes' store."""

    def programme(self, programme_id: ProgrammeId) -> Programme:
        """Raises ProgrammeNotFoundError."""
        ...


class Profiles(Protocol):
    """Subscribers by key, read consistently."""

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]: ...


class TextsOf(Protocol):
    """One person's ledger."""

    def of(self, key: SubscriberKey) -> Sequence[LedgerRow]:
        """Return all rows, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class PastDecisions:
    """Answers "why this text?" and "why nothing?"."""

    campaigns: CampaignsByName
    programmes: ProgrammesByName
    histories: Histories
    profiles: Profiles
    texts: TextsOf
    clock: Clock

    def subject(self, key: SubscriberKey, phone: PhoneNumber | None) -> Subject:
        """Return what is known of this key; `phone` None: the number that is stored, if any.

        Raises HistoryCutOffError.
        """
        today = self.profiles.by_keys([key]).get(key)
        number = phone or (today.standing.phone if today else None)
        return Subject(key, number, history_of(self.histories, key), self.texts.of(key), today)

    def decide(
        self, subject: Subject, campaign_id: CampaignId, at: datetime | None
    ) -> PastDecision:
        """Return the decision as of `at`. Without it: as of the campaign's text, where there was
        one, else of its launch, or of now while it has not ended.

        Raises CampaignNotFoundError and ProgrammeNotFoundError.
        """
        campaign = self.campaigns.campaign(campaign_id)
        programme = self.programmes.programme(campaign.definition.programme_id)
        now = self.clock.now()
        instant = at or _natural_instant(subject, campaign, now)
        return decide_then(subject, campaign, programme, instant, now)


def _natural_instant(subject: Subject, campaign: Campaign, now: datetime) -> datetime:
    text = text_of(subject, campaign)
    if text is not None:
        return text.claimed_at
    is_over = campaign.status in ENDED and campaign.frozen is not None
    return campaign.require_frozen().launched_at if is_over else now

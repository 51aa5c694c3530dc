"""What happens when somebody follows a link of a campaign's text.

They are sent on whatever else fails; the click is counted once per person, link and hour, and not
at all for machines that only look.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from assent.audience.engagement import Act
from assent.audience.facts import Deduped, Reported
from assent.campaigns.words import targets_of
from assent.errors import CampaignNotFoundError, InvalidPhoneError, LinkNotFoundError, TryAgainError
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from assent.audience.facts import FactStore
    from assent.campaigns.model import Campaign
    from assent.clock import Clock
    from assent.consent.model import PhoneKeys
    from assent.identifiers import CampaignId
    from assent.links.tracked import Followed, Tracking

# Longer than a person looks at one page, shorter than until they come back for more.
WINDOW = timedelta(hours=1)
_HOUR = 3600
# Programs that open links for a preview or to look for harm.
_MACHINES = (
    "bot", "crawl", "spider", "preview", "facebookexternalhit", "whatsapp", "slack", "twitter",
    "telegram", "skype", "discord", "linkedin", "pinterest", "google-safety", "safebrowsing",
    "proofpoint", "barracuda", "mimecast", "urlscan", "headless", "curl/", "wget/", "python-",
)  # fmt: skip


class ClickStore(Protocol):
    """Counts clicks of a campaign."""

    def add(self, campaign_id: CampaignId, link: str) -> None:
        """Add one to the progress' `clicks` of this name. Raises TryAgainError."""
        ...


class LinkedCampaigns(Protocol):
    """Whose tracked links there are."""

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        """Raises CampaignNotFoundError."""
        ...


@dataclass(frozen=True, slots=True)
class Following:
    """Leads people on."""

    tracking: Tracking
    campaigns: LinkedCampaigns
    facts: FactStore
    clicks: ClickStore
    keys: PhoneKeys
    clock: Clock

    def follow(self, code: str, *, is_person: bool) -> str:
        """Return where the link leads. Raises LinkNotFoundError, always the same, for what is no
        link of a launched campaign, and TryAgainError when the campaign cannot be read."""
        said = self.tracking.opened(code)
        if said is None:
            raise _no_link()
        try:
            campaign = self.campaigns.campaign(said.campaign_id)
        except CampaignNotFoundError:
            raise _no_link() from None
        targets = targets_of(campaign.definition)
        if campaign.frozen is None or said.number >= len(targets):
            raise _no_link()
        variant, target = targets[said.number]
        if is_person:
            with suppress(TryAgainError, InvalidPhoneError):
                self._count(said, f"{variant or '-'}:{said.number}")
        return target

    def _count(self, said: Followed, link: str) -> None:
        now = self.clock.now()
        key = self.keys.key_of(PhoneNumber.stored(f"+{said.digits}"))
        hour = int(now.timestamp()) // _HOUR
        once = Deduped(f"clicked#{key}#{said.campaign_id}#{said.number}#{hour}", now + 2 * WINDOW)
        if self.facts.add(key, Act.CLICKED, now, once) is Reported.DONE:
            self.clicks.add(said.campaign_id, link)


def is_machine(user_agent: str, purpose: str) -> bool:
    """Return whether a request comes from a program that looks ahead for somebody."""
    agent = user_agent.casefold()
    looks_ahead = "prefetch" in purpose.casefold() or "preview" in purpose.casefold()
    return looks_ahead or not agent or any(name in agent for name in _MACHINES)


def _no_link() -> LinkNotFoundError:
    return LinkNotFoundError("There is no such link.")

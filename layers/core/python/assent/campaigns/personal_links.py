"""The links that a campaign's text may carry, made for each person at the moment of sending.

They are all of one length and one alphabet, so a plan that has nobody's link yet counts the same
parts as the text that leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.links.model import PATHS, LinkPurpose
from assent.links.sealed import SEALED_LENGTH
from assent.links.tracked import CODE_LENGTH, PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.model import Standing
    from assent.identifiers import CampaignId, ProgrammeId
    from assent.messages.template import Template

_PURPOSES: Mapping[str, LinkPurpose] = MappingProxyType(
    {
        "unsubscribe_link": LinkPurpose.UNSUBSCRIBE,
        "preferences_link": LinkPurpose.PREFERENCES,
    }
)


class PersonalLinks(Protocol):
    """Makes one person's link; writes nothing."""

    def link(self, purpose: LinkPurpose, standing: Standing, programme_id: ProgrammeId) -> str:
        """Return the address, of one length for all people. Raises TryAgainError."""
        ...

    def tracked(self, standing: Standing, campaign_id: CampaignId, number: int) -> str:
        """Return the address that leads to the campaign's target of this number, of one length for
        all people. Raises TryAgainError."""
        ...


@dataclass(frozen=True, slots=True)
class SampleLinks:
    """A `PersonalLinks` whose links lead nowhere: for counting. `site` is where people find their
    pages, as it is when sending."""

    site: str

    def link(self, purpose: LinkPurpose, standing: Standing, programme_id: ProgrammeId) -> str:
        del standing, programme_id
        return f"{self.site}/{PATHS[purpose]}/{'x' * SEALED_LENGTH}"

    def tracked(self, standing: Standing, campaign_id: CampaignId, number: int) -> str:
        del standing, campaign_id, number
        return f"{self.site}/{PATH}/{'x' * CODE_LENGTH}"


def tracked_in(
    text: Template,
    numbers: Mapping[str, int],
    links: PersonalLinks,
    standing: Standing,
    campaign_id: CampaignId,
) -> Mapping[str, str]:
    """Return the addresses of the text's tracked links, by placeholder."""
    return {
        name: links.tracked(standing, campaign_id, numbers.get(target, 0))
        for name, target in text.tracked.items()
    }


def links_in(
    template: Template, links: PersonalLinks, standing: Standing, programme_id: ProgrammeId
) -> Mapping[str, str]:
    """Return the links that the template shows, by placeholder; none is made for one without."""
    return {
        name: links.link(_PURPOSES[name], standing, programme_id) for name in template.link_names
    }

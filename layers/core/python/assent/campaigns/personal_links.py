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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.model import Standing
    from assent.identifiers import ProgrammeId
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


@dataclass(frozen=True, slots=True)
class SampleLinks:
    """A `PersonalLinks` whose links lead nowhere: for counting. `site` is where people find their
    pages, as it is when sending."""

    site: str

    def link(self, purpose: LinkPurpose, standing: Standing, programme_id: ProgrammeId) -> str:
        del standing, programme_id
        return f"{self.site}/{PATHS[purpose]}/{'x' * SEALED_LENGTH}"


def links_in(
    template: Template, links: PersonalLinks, standing: Standing, programme_id: ProgrammeId
) -> Mapping[str, str]:
    """Return the links that the template shows, by placeholder; none is made for one without."""
    return {
        name: links.link(_PURPOSES[name], standing, programme_id) for name in template.link_names
    }

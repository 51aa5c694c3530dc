"""Links for campaign texts: made in memory from a key that KMS derives once per environment.

A call to KMS for each text would cost three times what the whole platform may; the derived key
never leaves memory, and the phone key itself never leaves KMS.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.links.model import PATHS
from assent.links.sealed import Seal
from assent.links.tracked import PATH, Followed, Tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.clock import Clock
    from assent.consent.model import Standing
    from assent.identifiers import CampaignId, ProgrammeId
    from assent.links.model import LinkPurpose

_PURPOSE, _TRACKED = "sealed_links", "tracked_links"


def derived_seal(mac: Callable[[str, str], str], versions: Sequence[str]) -> Seal:
    """Return the seal whose keys are `mac` of each version, the first one's for new links.

    Nothing is derived before a link is needed.
    """

    @functools.cache
    def keys() -> tuple[bytes, ...]:
        return tuple(mac(_PURPOSE, version).encode() for version in versions)

    return Seal(keys)


def derived_tracking(mac: Callable[[str, str], str], versions: Sequence[str]) -> Tracking:
    """Return the maker of tracked codes, its keys derived as the seal's are and apart from them."""

    @functools.cache
    def keys() -> tuple[bytes, ...]:
        return tuple(mac(_TRACKED, version).encode() for version in versions)

    return Tracking(keys)


@dataclass(frozen=True, slots=True)
class SealedPersonalLinks:
    """A `PersonalLinks`. `site` is where people find their pages."""

    seal: Seal
    site: str
    clock: Clock
    tracking: Tracking

    def tracked(self, standing: Standing, campaign_id: CampaignId, number: int) -> str:
        if standing.phone is None:
            message = "a link needs its owner's number"
            raise ValueError(message)
        digits = int(standing.phone.e164[1:])
        return f"{self.site}/{PATH}/{self.tracking.code(Followed(campaign_id, number, digits))}"

    def link(self, purpose: LinkPurpose, standing: Standing, programme_id: ProgrammeId) -> str:
        if standing.phone is None:
            message = "a link needs its owner's number"
            raise ValueError(message)
        consent = standing.consent_to(programme_id)
        token = self.seal.token(
            purpose,
            int(standing.phone.e164[1:]),
            programme_id,
            consent.epoch if consent else 0,
            self.clock.now(),
        )
        return f"{self.site}/{PATHS[purpose]}/{token}"

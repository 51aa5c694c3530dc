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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.clock import Clock
    from assent.consent.model import Standing
    from assent.identifiers import ProgrammeId
    from assent.links.model import LinkPurpose

_PURPOSE = "sealed_links"


def derived_seal(mac: Callable[[str, str], str], versions: Sequence[str]) -> Seal:
    """Return the seal whose keys are `mac` of each version, the first one's for new links.

    Nothing is derived before a link is needed.
    """

    @functools.cache
    def keys() -> tuple[bytes, ...]:
        return tuple(mac(_PURPOSE, version).encode() for version in versions)

    return Seal(keys)


@dataclass(frozen=True, slots=True)
class SealedPersonalLinks:
    """A `PersonalLinks`. `site` is where people find their pages."""

    seal: Seal
    site: str
    clock: Clock

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

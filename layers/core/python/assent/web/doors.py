"""Which page is behind which letter, and what the pages need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.links.model import PATHS, LinkPurpose
from assent.web.confirm import ConfirmDoor
from assent.web.preferences import PreferencesDoor
from assent.web.site import Site
from assent.web.unsubscribe import UnsubscribeDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.choices.confirming import Confirming
    from assent.choices.leaving import Leaving
    from assent.choices.model import ProfileStore
    from assent.choices.own_data import OwnData
    from assent.links.service import Links
    from assent.web.site import Door


@dataclass(frozen=True, slots=True)
class PageServices:
    """What the pages need."""

    links: Links
    confirming: Confirming
    leaving: Leaving
    own: OwnData
    profiles: ProfileStore


def subscribers_site(services: Callable[[], PageServices]) -> Site:
    """Return the site; `services` is first asked when a request comes."""

    def doors() -> Mapping[str, Door]:
        parts = services()
        return {
            PATHS[LinkPurpose.CONFIRM]: ConfirmDoor(parts.confirming),
            PATHS[LinkPurpose.UNSUBSCRIBE]: UnsubscribeDoor(parts.leaving, parts.profiles),
            PATHS[LinkPurpose.PREFERENCES]: PreferencesDoor(parts.own),
        }

    return Site(tuple(PATHS.values()), doors)

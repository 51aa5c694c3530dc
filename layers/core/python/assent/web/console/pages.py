"""Every page of the console: its path, who may see it, and the API operation that it stands for.

Who may is said again here only so that nobody is offered what the API would refuse; a test holds
the two tables equal. A path that is not here leads nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.web.console import campaigns, inbox, programmes, segments, templates, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.web.console.shown import Moved, Shown
    from assent.web.console.visits import Visit

_MARKETING = frozenset({"marketing"})
_BOTH = _MARKETING | {"compliance"}


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One page. `needs` is the API operation without which the page makes no sense."""

    method: str
    path: str
    needs: str
    groups: frozenset[str]
    show: Callable[[Visit], Shown | Moved]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(
            re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9][A-Za-z0-9_.-]{0,63})", self.path)
        )


_CAMPAIGN, _SEGMENT = "/console/campaigns/{campaign_id}", "/console/segments/{segment_id}"
_PROGRAMME, _ITEM = "/console/programmes/{programme_id}", "/console/inbox/{item_id}"
_API = "/v1/campaigns/{campaign_id}"

BY_PATH: tuple[PageRoute, ...] = (
    PageRoute("GET", "/console", "GET /v1/campaigns", _BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns", "GET /v1/campaigns", _BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns/new", "POST /v1/campaigns", _MARKETING, writing.new),
    PageRoute("POST", "/console/campaigns/new", "POST /v1/campaigns", _MARKETING, writing.create),
    PageRoute(
        "POST", "/console/campaigns/preview", "POST /v1/campaigns", _MARKETING, writing.counted
    ),
    PageRoute("GET", _CAMPAIGN, f"GET {_API}", _BOTH, campaigns.one),
    PageRoute("GET", f"{_CAMPAIGN}/progress", f"GET {_API}", _BOTH, campaigns.progress),
    PageRoute("GET", f"{_CAMPAIGN}/edit", f"PUT {_API}", _MARKETING, writing.edit),
    PageRoute("POST", f"{_CAMPAIGN}/edit", f"PUT {_API}", _MARKETING, writing.change),
    PageRoute(
        "POST", f"{_CAMPAIGN}/rehearse", f"POST {_API}/rehearsal", _MARKETING, campaigns.rehearse
    ),
    PageRoute("POST", f"{_CAMPAIGN}/approve", f"POST {_API}/approve", _BOTH, campaigns.approve),
    PageRoute("POST", f"{_CAMPAIGN}/launch", f"POST {_API}/launch", _MARKETING, campaigns.launch),
    PageRoute("POST", f"{_CAMPAIGN}/pause", f"POST {_API}/pause", _MARKETING, campaigns.pause),
    PageRoute("POST", f"{_CAMPAIGN}/resume", f"POST {_API}/resume", _MARKETING, campaigns.resume),
    PageRoute("POST", f"{_CAMPAIGN}/cancel", f"POST {_API}/cancel", _MARKETING, campaigns.cancel),
    PageRoute("GET", "/console/segments", "GET /v1/segments", _BOTH, segments.listed),
    PageRoute("GET", "/console/segments/new", "POST /v1/segments", _MARKETING, segments.new),
    PageRoute("POST", "/console/segments/new", "POST /v1/segments", _MARKETING, segments.create),
    PageRoute("GET", _SEGMENT, "GET /v1/segments/{segment_id}", _BOTH, segments.one),
    PageRoute("POST", _SEGMENT, "PUT /v1/segments/{segment_id}", _MARKETING, segments.change),
    PageRoute(
        "GET", f"{_SEGMENT}/people", "GET /v1/segments/{segment_id}/count", _BOTH, segments.people
    ),
    PageRoute("GET", "/console/templates", "GET /v1/templates", _BOTH, templates.listed),
    PageRoute("GET", "/console/templates/new", "POST /v1/templates", _MARKETING, templates.new),
    PageRoute("POST", "/console/templates/new", "POST /v1/templates", _MARKETING, templates.create),
    PageRoute("GET", "/console/programmes", "GET /v1/programmes", _BOTH, programmes.listed),
    PageRoute("GET", _PROGRAMME, "GET /v1/programmes", _BOTH, programmes.one),
    PageRoute(
        "POST", _PROGRAMME, "PUT /v1/programmes/{programme_id}", _MARKETING, programmes.change
    ),
    PageRoute("GET", "/console/inbox", "GET /v1/inbox", _BOTH, inbox.listed),
    PageRoute("POST", _ITEM, "POST /v1/inbox/{item_id}/decision", _MARKETING, inbox.decide),
)

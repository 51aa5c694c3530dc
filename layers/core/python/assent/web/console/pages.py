"""Every page of the console: its path, who may see it, and the API operation that it stands for.

A path that is not here leads nowhere.
"""

from __future__ import annotations

from assent.web.console import campaigns, inbox, programmes, segments, templates, writing
from assent.web.console.desk_pages import DESK
from assent.web.console.import_pages import IMPORTS
from assent.web.console.page_route import BOTH, MARKETING, PageRoute

_CAMPAIGN, _SEGMENT = "/console/campaigns/{campaign_id}", "/console/segments/{segment_id}"
_PROGRAMME, _ITEM = "/console/programmes/{programme_id}", "/console/inbox/{item_id}"
_API = "/v1/campaigns/{campaign_id}"

BY_PATH: tuple[PageRoute, ...] = (
    PageRoute("GET", "/console", "GET /v1/campaigns", BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns", "GET /v1/campaigns", BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns/new", "POST /v1/campaigns", MARKETING, writing.new),
    PageRoute("POST", "/console/campaigns/new", "POST /v1/campaigns", MARKETING, writing.create),
    PageRoute(
        "POST", "/console/campaigns/preview", "POST /v1/campaigns", MARKETING, writing.counted
    ),
    PageRoute("GET", _CAMPAIGN, f"GET {_API}", BOTH, campaigns.one),
    PageRoute("GET", f"{_CAMPAIGN}/progress", f"GET {_API}", BOTH, campaigns.progress),
    PageRoute("GET", f"{_CAMPAIGN}/edit", f"PUT {_API}", MARKETING, writing.edit),
    PageRoute("POST", f"{_CAMPAIGN}/edit", f"PUT {_API}", MARKETING, writing.change),
    PageRoute(
        "POST", f"{_CAMPAIGN}/rehearse", f"POST {_API}/rehearsal", MARKETING, campaigns.rehearse
    ),
    PageRoute("POST", f"{_CAMPAIGN}/approve", f"POST {_API}/approve", BOTH, campaigns.approve),
    PageRoute("POST", f"{_CAMPAIGN}/launch", f"POST {_API}/launch", MARKETING, campaigns.launch),
    PageRoute("POST", f"{_CAMPAIGN}/pause", f"POST {_API}/pause", MARKETING, campaigns.pause),
    PageRoute("POST", f"{_CAMPAIGN}/resume", f"POST {_API}/resume", MARKETING, campaigns.resume),
    PageRoute("POST", f"{_CAMPAIGN}/cancel", f"POST {_API}/cancel", MARKETING, campaigns.cancel),
    PageRoute("GET", "/console/segments", "GET /v1/segments", BOTH, segments.listed),
    PageRoute("GET", "/console/segments/new", "POST /v1/segments", MARKETING, segments.new),
    PageRoute("POST", "/console/segments/new", "POST /v1/segments", MARKETING, segments.create),
    PageRoute("GET", _SEGMENT, "GET /v1/segments/{segment_id}", BOTH, segments.one),
    PageRoute("POST", _SEGMENT, "PUT /v1/segments/{segment_id}", MARKETING, segments.change),
    PageRoute(
        "GET", f"{_SEGMENT}/people", "GET /v1/segments/{segment_id}/count", BOTH, segments.people
    ),
    PageRoute("GET", "/console/templates", "GET /v1/templates", BOTH, templates.listed),
    PageRoute("GET", "/console/templates/new", "POST /v1/templates", MARKETING, templates.new),
    PageRoute("POST", "/console/templates/new", "POST /v1/templates", MARKETING, templates.create),
    PageRoute("GET", "/console/programmes", "GET /v1/programmes", BOTH, programmes.listed),
    PageRoute("GET", _PROGRAMME, "GET /v1/programmes", BOTH, programmes.one),
    PageRoute(
        "POST", _PROGRAMME, "PUT /v1/programmes/{programme_id}", MARKETING, programmes.change
    ),
    PageRoute("GET", "/console/inbox", "GET /v1/inbox", BOTH, inbox.listed),
    PageRoute("POST", _ITEM, "POST /v1/inbox/{item_id}/decision", MARKETING, inbox.decide),
    *DESK,
    *IMPORTS,
)

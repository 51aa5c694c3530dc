"""Every page of the console: its path, who may see it, and the API operation that it stands for.

A path that is not here leads nowhere.
"""

from __future__ import annotations

from assent.web.console import (
    brake,
    campaigns,
    inbox,
    results,
    segments,
    writing,
)
from assent.web.console.desk_pages import DESK
from assent.web.console.import_pages import IMPORTS
from assent.web.console.page_route import BOTH, MARKETING, PageRoute
from assent.web.console.word_pages import WORDS

_CAMPAIGN, _SEGMENT = "/console/campaigns/{campaign_id}", "/console/segments/{segment_id}"
_ITEM = "/console/inbox/{item_id}"
_API = "/v1/campaigns/{campaign_id}"

BY_PATH: tuple[PageRoute, ...] = (
    PageRoute("GET", "/console", "GET /v1/campaigns", BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns", "GET /v1/campaigns", BOTH, campaigns.listed),
    PageRoute("GET", "/console/campaigns/new", "POST /v1/campaigns", MARKETING, writing.new),
    PageRoute("POST", "/console/campaigns/new", "POST /v1/campaigns", MARKETING, writing.create),
    PageRoute("GET", _CAMPAIGN, f"GET {_API}", BOTH, campaigns.one),
    PageRoute("GET", f"{_CAMPAIGN}/results", f"GET {_API}", BOTH, results.shown),
    PageRoute("GET", "/console/stop", "POST /v1/campaigns/stop-all", BOTH, brake.ask),
    PageRoute("POST", "/console/stop", "POST /v1/campaigns/stop-all", BOTH, brake.stop),
    PageRoute(
        "POST",
        "/console/stop/release",
        "POST /v1/campaigns/stop-all/release",
        MARKETING,
        brake.release,
    ),
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
    *WORDS,
    PageRoute("GET", "/console/inbox", "GET /v1/inbox", BOTH, inbox.listed),
    PageRoute("POST", _ITEM, "POST /v1/inbox/{item_id}/decision", MARKETING, inbox.decide),
    *DESK,
    *IMPORTS,
)

"""The pages of what is written once and used often: templates, programmes, consent wordings."""

from __future__ import annotations

from assent.web.console import previews, programmes, templates
from assent.web.console.page_route import BOTH, MARKETING, PageRoute

_TEMPLATE, _PROGRAMME = "/console/templates/{template_id}", "/console/programmes/{programme_id}"
_API = "/v1/programmes/{programme_id}"

WORDS: tuple[PageRoute, ...] = (
    PageRoute("GET", "/console/templates", "GET /v1/templates", BOTH, templates.listed),
    PageRoute("GET", "/console/templates/new", "POST /v1/templates", MARKETING, templates.new),
    PageRoute("POST", "/console/templates/new", "POST /v1/templates", MARKETING, templates.create),
    PageRoute(
        "POST",
        "/console/templates/preview",
        "POST /v1/templates/preview",
        MARKETING,
        previews.piece,
    ),
    PageRoute("GET", _TEMPLATE, "GET /v1/templates/{template_id}", BOTH, templates.one),
    PageRoute(
        "POST",
        _TEMPLATE,
        "POST /v1/templates/{template_id}/versions",
        MARKETING,
        templates.add_version,
    ),
    PageRoute("GET", "/console/programmes", "GET /v1/programmes", BOTH, programmes.listed),
    PageRoute("GET", "/console/programmes/new", "POST /v1/programmes", MARKETING, programmes.new),
    PageRoute(
        "POST", "/console/programmes/new", "POST /v1/programmes", MARKETING, programmes.create
    ),
    PageRoute("GET", _PROGRAMME, "GET /v1/programmes", BOTH, programmes.one),
    PageRoute("POST", _PROGRAMME, f"PUT {_API}", MARKETING, programmes.change),
    PageRoute(
        "POST",
        f"{_PROGRAMME}/disclosures",
        f"POST {_API}/disclosures",
        MARKETING,
        programmes.publish,
    ),
)

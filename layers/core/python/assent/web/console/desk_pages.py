"""The reviewer's pages: a number, exports, the sealed log, the staff log."""

from __future__ import annotations

from assent.web.console import desk, exports, number_acts, reports, sealed_log, staff_log
from assent.web.console.page_route import COMPLIANCE, PageRoute

_EXPORTS, _EXPORT = "/console/exports", "/console/exports/{export_id}"
_API = "/v1/exports/{export_id}"

DESK: tuple[PageRoute, ...] = (
    PageRoute("GET", "/console/desk", "GET /v1/consents/history", COMPLIANCE, desk.ask),
    PageRoute("POST", "/console/desk", "GET /v1/consents/history", COMPLIANCE, desk.answer),
    PageRoute("GET", _EXPORTS, "GET /v1/exports", COMPLIANCE, exports.listed),
    PageRoute("POST", _EXPORTS, "POST /v1/exports", COMPLIANCE, exports.order),
    PageRoute("GET", _EXPORT, f"GET {_API}", COMPLIANCE, exports.one),
    PageRoute("GET", f"{_EXPORT}/progress", f"GET {_API}", COMPLIANCE, exports.progress),
    PageRoute("POST", f"{_EXPORT}/cancel", f"POST {_API}/cancel", COMPLIANCE, exports.cancel),
    PageRoute("POST", f"{_EXPORT}/resume", f"POST {_API}/resume", COMPLIANCE, exports.resume),
    # The checkpoint itself is public; its page stands among the reviewer's.
    PageRoute("GET", "/console/sealed-log", "GET /v1/exports", COMPLIANCE, sealed_log.latest),
    PageRoute("GET", "/console/staff-log", "GET /v1/audit", COMPLIANCE, staff_log.today),
    PageRoute("POST", "/console/staff-log", "GET /v1/audit", COMPLIANCE, staff_log.asked),
    PageRoute(
        "POST", "/console/desk/dossier", "POST /v1/dossiers", COMPLIANCE, number_acts.dossier
    ),
    PageRoute(
        "POST", "/console/desk/copy", "POST /v1/access-requests", COMPLIANCE, number_acts.copy
    ),
    PageRoute(
        "POST", "/console/desk/decision", "GET /v1/decisions", COMPLIANCE, number_acts.decision
    ),
    PageRoute("GET", "/console/reviews", "GET /v1/reviews", COMPLIANCE, reports.reviews),
    PageRoute(
        "GET",
        "/console/reviews/{review_id}",
        "GET /v1/reviews/{review_id}",
        COMPLIANCE,
        reports.review,
    ),
    PageRoute("GET", "/console/retention", "GET /v1/retention", COMPLIANCE, reports.retention),
)

"""The pages of imports: both groups bring and check a file, compliance starts it."""

from __future__ import annotations

from assent.web.console import imports
from assent.web.console.page_route import BOTH, COMPLIANCE, PageRoute

_ALL, _ONE = "/console/imports", "/console/imports/{import_id}"
_API = "/v1/imports/{import_id}"

IMPORTS: tuple[PageRoute, ...] = (
    PageRoute("GET", _ALL, "GET /v1/imports", BOTH, imports.listed),
    PageRoute("GET", f"{_ALL}/new", "POST /v1/imports", BOTH, imports.new),
    PageRoute("POST", f"{_ALL}/new", "POST /v1/imports", BOTH, imports.create),
    PageRoute("GET", _ONE, f"GET {_API}", BOTH, imports.one),
    PageRoute("GET", f"{_ONE}/progress", f"GET {_API}", BOTH, imports.progress),
    PageRoute("POST", f"{_ONE}/upload", f"POST {_API}/check", BOTH, imports.upload),
    PageRoute("POST", f"{_ONE}/check", f"POST {_API}/check", BOTH, imports.check),
    PageRoute("POST", f"{_ONE}/start", f"POST {_API}/start", COMPLIANCE, imports.start),
    PageRoute("POST", f"{_ONE}/cancel", f"POST {_API}/cancel", BOTH, imports.cancel),
)

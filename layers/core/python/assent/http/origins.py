"""Which web sites' pages may use the sign-up: those that the programme names, and our own.

The gateway could hold one list for all only; each programme has its own here. A question before
the call (preflight) names no programme, so it is answered for every site: what counts is decided
when the call itself comes, which carries no cookie and reveals nothing that a site may not see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import Response

from assent.errors import ForbiddenError

if TYPE_CHECKING:
    from assent.http.resolver import Api
    from assent.programmes.model import Programme

PREFLIGHTED = ("/v1/programmes/<programme_id>", "/v1/opt-ins", "/v1/opt-ins/confirm")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "content-type, idempotency-key",
    "Access-Control-Max-Age": "600",
}


class OriginNotAllowedError(ForbiddenError):
    """A page of a site that the programme does not name sent a form."""

    code = "origin_not_allowed"


def add_preflights(api: Api) -> None:
    """Register what browsers ask before a page of another site may call."""

    def answer() -> Response[str]:
        api.answers_to(api.header("origin") or "null")
        return Response(204, "text/plain", "", dict(_PREFLIGHT))

    def ask_before_programme(programme_id: str) -> Response[str]:
        del programme_id
        return answer()

    for path in PREFLIGHTED:
        has_id = "<" in path
        api.route(path, method="OPTIONS", include_in_schema=False, enable_validation=False)(
            ask_before_programme if has_id else answer
        )


def let_in(api: Api, programme: Programme, public_url: str) -> None:
    """Let the calling page read the answer. A call without an origin is no browser's, or our own
    page's, and passes. Raises OriginNotAllowedError for a page of another site."""
    origin = api.header("origin")
    if origin is None or _is_ours(origin, api.domain, public_url):
        return
    if origin not in programme.origins:
        message = "This web site is not among those that the programme names."
        raise OriginNotAllowedError(message)
    api.answers_to(origin)


def _is_ours(origin: str, domain: str, public_url: str) -> bool:
    return origin == public_url.rstrip("/") or urlsplit(origin).netloc == domain

"""The site of people who are not subscribers yet: the sign-up page, the widget and its words."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assent.web.requests import page_request
from assent.web.site import Route, asked_languages, page_headers, told
from assent.web.widget import widget_script, widget_words
from assent.web.words import Words, language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.web.pages import Page
    from assent.web.sign_up import SignUpDoor

PAGE = "/s/{programme_id}"
SCRIPT, WORDS = "GET /embed.js", "GET /embed/{language}"
_METHODS = ("GET", "HEAD", "POST")
# For any page: there is nothing in either that depends on who asks.
_SHARED = {
    "Cache-Control": "public, max-age=3600",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
    "Strict-Transport-Security": "max-age=63072000",
}


@dataclass(frozen=True, slots=True)
class SignUpServices:
    """What the page needs. `public_url` is where people find their pages; without one the gateway's
    own name is."""

    door: SignUpDoor
    public_url: str


@dataclass(frozen=True, slots=True)
class SignUpSite:
    """Answers requests; `services` is asked for when a page is first wanted."""

    services: Callable[[], SignUpServices]

    def routes(self) -> list[Route]:
        """Return every route."""
        files = [Route("GET", "/embed.js"), Route("GET", "/embed/{language}")]
        return [*files, *(Route(method, PAGE) for method in _METHODS)]

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one HTTP API event (payload 2.0); never raises."""
        if event["routeKey"] == SCRIPT:
            return _file(event, "text/javascript", widget_script())
        if event["routeKey"] == WORDS:
            language = str(event["pathParameters"]["language"])
            return _file(event, "application/json", widget_words(language))
        page, body = self._page(event)
        return {
            "statusCode": page.status,
            "headers": {**page_headers(page.words.language), **page.headers},
            "body": "" if str(event["routeKey"]).startswith("HEAD ") else body,
            "isBase64Encoded": False,
        }

    def _page(self, event: Mapping[str, Any]) -> tuple[Page, str]:
        try:
            parts = self.services()
            domain = event["requestContext"]["domainName"]
            site = parts.public_url.rstrip("/") or f"https://{domain}"
            request, door = replace(page_request(event), site=site), parts.door
            page = door.act(request) if request.method == "POST" else door.show(request)
            return page, page.render()
        except Exception as error:
            accept = str((event.get("headers") or {}).get("accept-language", ""))
            page = told(error, Words(language_of(asked_languages(accept))))
            return page, page.render()


def _file(event: Mapping[str, Any], kind: str, text: str) -> dict[str, Any]:
    """Return a file, small for those who take it so: the gateway itself packs nothing."""
    headers = {**_SHARED, "Content-Type": f"{kind}; charset=utf-8"}
    if "gzip" not in str((event.get("headers") or {}).get("accept-encoding", "")):
        return {"statusCode": 200, "headers": headers, "body": text, "isBase64Encoded": False}
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    headers["Content-Encoding"] = "gzip"
    return {"statusCode": 200, "headers": headers, "body": packed, "isBase64Encoded": True}

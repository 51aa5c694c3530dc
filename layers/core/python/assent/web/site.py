"""The subscribers' site: routes to pages, one set of headers, and no way out for an error.

It is no API: the framework that checks JSON against shapes has nothing to do here and would only
make a person on a phone wait for its import.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from assent.errors import NotFoundError, TryAgainError
from assent.telemetry import logger
from assent.web.pages import content_security_policy, notice
from assent.web.requests import PageRequest, UnreadablePageRequestError, page_request
from assent.web.words import Words, language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.web.pages import Page

METHODS = ("GET", "HEAD", "POST")


class Door(Protocol):
    """The pages under one letter."""

    def show(self, request: PageRequest) -> Page:
        """Answer GET and HEAD; changes nothing."""
        ...

    def act(self, request: PageRequest) -> Page:
        """Answer POST."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """One route as the gateway knows it."""

    method: str
    openapi_path: str


@dataclass(frozen=True, slots=True)
class Site:
    """Answers requests to the pages; `doors` gives them by letter, when the first request comes."""

    letters: tuple[str, ...]
    doors: Callable[[], Mapping[str, Door]]

    def routes(self) -> list[Route]:
        """Return every route."""
        return [Route(method, f"/{each}/{{token}}") for each in self.letters for method in METHODS]

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one HTTP API event (payload 2.0); never raises."""
        accept = str((event.get("headers") or {}).get("accept-language", ""))
        try:
            page = self._page(event)
            body = page.render()
        except Exception as error:
            page = told(error, Words(language_of(asked_languages(accept))))
            body = page.render()
        is_head = str(event.get("routeKey", "")).startswith("HEAD ")
        return {
            "statusCode": page.status,
            "headers": {**page_headers(page.words.language), **page.headers},
            "body": "" if is_head else body,
            "isBase64Encoded": False,
        }

    def _page(self, event: Mapping[str, Any]) -> Page:
        request = page_request(event)
        door = self.doors()[request.page]
        return door.act(request) if request.method == "POST" else door.show(request)


def asked_languages(accept: str) -> list[str]:
    """Return the locales of an Accept-Language header, in the order they are written: browsers
    write the best first, and nothing worse than a page in the second-best language follows."""
    return [part.partition(";")[0] for part in accept.split(",")]


def told(error: Exception, words: Words) -> Page:
    """Return the page that tells of an error; each kind has one page, whatever was asked for."""
    if isinstance(error, NotFoundError):
        lines = words("not_found_line"), words("not_found_stop")
        return notice(words, words("not_found_title"), *lines, status=404)
    if isinstance(error, UnreadablePageRequestError):
        line = words("bad_request_line")
        return notice(words, words("bad_request_title"), line, status=error.status)
    if isinstance(error, TryAgainError):
        wait = {"Retry-After": str(error.retry_after_seconds)}
        line = words("busy_line")
        return notice(words, words("busy_title"), line, status=503, headers=wait)
    _log(error)
    return notice(words, words("failed_title"), words("failed_line"), status=500)


def _log(error: Exception) -> None:
    """Name the error and where it came from; its message may quote a request."""
    places = [
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    logger().error("page_failed", extra={"error": type(error).__name__, "places": places})


def page_headers(language: str) -> dict[str, str]:
    """Return what every page carries."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Content-Security-Policy": content_security_policy(),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
        "Strict-Transport-Security": "max-age=63072000",
    }

"""What a phone's browser, or a scanner that opens links before it, does to the subscribers' pages.

It knows no more than the address in a text: no cookie, no script, no token of its own.
"""

from __future__ import annotations

import contextlib
import http.client
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from infra.demo.http import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMEOUT_SECONDS = 300
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Browser:
    """Opens pages at one address; `netloc` stands in for the host of whatever a link names."""

    netloc: str

    def look(self, link: str, method: str = "GET") -> str:
        """Open a link as a scanner does and return the page. Raises UnexpectedAnswerError."""
        return self._ask(method, link, None)

    def press(self, link: str, form: Mapping[str, str | Sequence[str]] | None = None) -> str:
        """Press the page's button and return the page that follows. Without a form the request is
        the bare POST of RFC 8058. Raises UnexpectedAnswerError."""
        return self._ask("POST", link, form or {})

    def _ask(self, method: str, link: str, form: Mapping[str, str | Sequence[str]] | None) -> str:
        path = urlsplit(link).path
        with contextlib.closing(
            http.client.HTTPConnection(self.netloc, timeout=_TIMEOUT_SECONDS)
        ) as connection:
            body = urlencode(form, doseq=True) if form else None
            connection.request(method, path, body, {"content-type": _FORM} if body else {})
            answer = connection.getresponse()
            page = answer.read().decode()
        if answer.status != HTTPStatus.OK:
            # The path holds a secret, so only its first letter is told.
            message = f"{method} {path[:3]} answered {answer.status}"
            raise UnexpectedAnswerError(message)
        return page

"""What a browser asks of a page, read once from the gateway's event.

A form is read only as forms are sent; any other body counts as none, because a one-click
unsubscribe (RFC 8058) may come in whatever dress and must still work.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from assent.identifiers import ProgrammeId

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 64 * 1024
_MAX_FIELDS = 100
_FORM = "application/x-www-form-urlencoded"


class UnreadablePageRequestError(Exception):
    """The request makes no sense; `status` is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(f"unreadable request: {status}")
        self.status = status


@dataclass(frozen=True, slots=True, repr=False)
class PageRequest:
    """One request. `page` is the first part of its path, such as `c`; `token` the second, a secret
    or, where people sign up, the programme's id. `site` is where
    people find their pages, where the page needs it."""

    method: str
    page: str
    token: str
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    form: Mapping[str, list[str]] = field(default_factory=lambda: MappingProxyType({}))
    ip: str = ""
    user_agent: str = ""
    accept_language: str = ""
    site: str = ""

    def __repr__(self) -> str:
        return f"PageRequest({self.method} /{self.page})"

    def one(self, name: str) -> str | None:
        """Return a form's value, None if it was not sent; of several the first."""
        values = self.form.get(name)
        return values[0] if values else None

    @property
    def programme_id(self) -> ProgrammeId:
        """The programme that the path names."""
        return ProgrammeId(self.token)

    @property
    def pattern(self) -> str:
        """The path without what is secret in it, as logs and evidence may hold it."""
        return f"/{self.page}/{{token}}"


def page_request(event: Mapping[str, Any]) -> PageRequest:
    """Return the request of an HTTP API event (payload 2.0).

    Raises UnreadablePageRequestError: 413 for a long body, 400 for a form with absurdly many fields
    or a query that names another token than the path.
    """
    method, _, path = str(event["routeKey"]).partition(" ")
    http = event["requestContext"]["http"]
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    named = {str(k): str(v) for k, v in (event.get("pathParameters") or {}).items()}
    token = next(iter(named.values()), "")
    query = {str(k): str(v) for k, v in (event.get("queryStringParameters") or {}).items()}
    if query.get("token", token) != token:
        raise UnreadablePageRequestError(400)
    return PageRequest(
        method=method,
        page=path.split("/")[1],
        token=token,
        query=query,
        form=_form(_body(event), headers.get("content-type", "")),
        ip=str(http.get("sourceIp") or ""),
        user_agent=str(http.get("userAgent") or "")[:256],
        accept_language=headers.get("accept-language", "")[:200],
    )


def _body(event: Mapping[str, Any]) -> bytes:
    raw = str(event.get("body") or "")
    try:
        body = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise UnreadablePageRequestError(400) from None
    if len(body) > MAX_BODY_BYTES:
        raise UnreadablePageRequestError(413)
    return body


def _form(body: bytes, content_type: str) -> Mapping[str, list[str]]:
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return {}
    try:
        text = body.decode(errors="replace")
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise UnreadablePageRequestError(400) from None

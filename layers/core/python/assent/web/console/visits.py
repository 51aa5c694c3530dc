"""One request to the console, read once: where to, by whom, with which form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.sign_in.service import Person
    from assent.web.console.api import StaffApi
    from assent.web.requests import PageRequest

HOME = "/console"
COOKIE = "__Host-assent"
_OWN_PATH = re.compile(r"/console(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*(\?[A-Za-z0-9_.=&-]*)?")


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """A signed-in person's request. `named` are the ids in the path, `now` when it came;
    `file` is what its form brought."""

    request: PageRequest
    named: Mapping[str, str]
    person: Person
    api: StaffApi
    now: datetime
    file: bytes | None = None

    def one(self, name: str) -> str:
        """Return a form's value without space around it, empty if it was not sent."""
        return (self.request.one(name) or "").strip()

    def all(self, name: str) -> list[str]:
        """Return every value of a form's field, in order."""
        return [each.strip() for each in self.request.form.get(name, [])]

    @property
    def typed(self) -> dict[str, str]:
        """The form as it was sent, to be shown again."""
        return {name: values[0] for name, values in self.request.form.items()}


def session_of(event: Mapping[str, Any]) -> str | None:
    """Return the id that the browser keeps."""
    for each in event.get("cookies") or ():
        name, _, value = str(each).partition("=")
        if name == COOKIE and value:
            return value
    return None


def own_path(path: str | None) -> str:
    """Return a path of the console as it was asked for, else its first page: a link from
    elsewhere must not lead on to another site."""
    return path if path and _OWN_PATH.fullmatch(path) and "sign-in" not in path else HOME


def is_from_here(event: Mapping[str, Any], public_url: str) -> bool:
    """Return whether a form came from our own page, as browsers say of every form. One that says
    nothing is no browser's, and carries no cookie that somebody else could use."""
    headers = event.get("headers") or {}
    sent = headers.get("origin")
    if sent is None:
        return headers.get("sec-fetch-site") in (None, "same-origin")
    origin, domain = str(sent), str(event["requestContext"]["domainName"])
    return origin == public_url.rstrip("/") or urlsplit(origin).netloc == domain

"""Draws the console's pages: the same template engine as the subscribers' pages, other clothes."""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from assent.clock import parse_iso
from assent.web.pages import template
from assent.web.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.sign_in.service import Person
    from assent.web.console.shown import Shown

FILES = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "console.svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def draw(shown: Shown, person: Person | None, proof: str, said: str) -> str:
    """Return a page's HTML. `proof` goes into every form; `said` is what was just done."""
    return template(f"console/{shown.template}").render(
        {
            "typed": {},
            "errors": shown.errors,
            "said": said,
            "person": person,
            "groups": person.groups if person else frozenset(),
            "token": functools.partial(_token, proof),
            "here": "",
            "address": address,
            "moment": _moment,
            **shown.values,
        }
    )


@functools.cache
def file(name: str) -> str:
    """Return a file that pages load. Raises KeyError for any other."""
    if name not in FILES:
        raise KeyError(name)
    return (resources.files("assent.web.console") / name).read_text(encoding="utf-8")


@functools.cache
def address(name: str) -> str:
    """Return a file's path with a mark of its content, so that it can be kept for ever."""
    mark = base64.urlsafe_b64encode(hashlib.sha256(file(name).encode()).digest())[:10].decode()
    return f"/console/static/{name}?v={mark}"


def headers() -> Mapping[str, str]:
    """Return what every page of the console carries."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": "en",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        # Our own forms must still say where they come from.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
        "Strict-Transport-Security": "max-age=63072000",
    }


def _token(proof: str) -> Markup:
    """Return what makes a form ours."""
    return Markup('<input type="hidden" name="proof" value="{}">').format(proof)


def _moment(value: str | datetime | None, *, to_the_second: bool = False) -> str:
    """Return an instant of the API, in UTC, in words."""
    if not value:
        return ""
    instant = value if isinstance(value, datetime) else parse_iso(value)
    clock = f"{instant:%H:%M:%S}" if to_the_second else f"{instant:%H:%M}"
    return f"{Words('en').date(instant)}, {clock} UTC"

"""Pages from templates: every value escaped, one style sheet, nothing else loaded or run.

The style sheet stands in the page, so that a phone on a bad line needs one request; the policy
names it by its hash and allows nothing besides it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from assent.web.words import Words, languages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

_WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What to show: a template, the words of one language, and what fills the gaps. The values
    always have a `title`; `brand` is the name at the top."""

    template: str
    words: Words
    values: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def render(self) -> str:
        """Return the page's HTML."""
        words = self.words
        return template(self.template).render(
            {"errors": {}, "brand": "", "view": "", **self.values},
            t=words,
            lang=words.language,
            languages=languages(),
            date=words.date,
            moment=words.moment,
            frequency_of=words.frequency,
            label=functools.partial(words.named, "label"),
            css=Markup(style_sheet()),  # noqa: S704 - our own file, without a "<"
        )


def notice(  # noqa: PLR0913 - a notice is its words and what they are about
    words: Words,
    title: str,
    *lines: str,
    brand: str = "",
    status: int = 200,
    is_good: bool = False,
    links: tuple[tuple[str, str], ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Page:
    """Return a page that only says something. `links` are pairs of path and words."""
    values = {"title": title, "lines": lines, "brand": brand, "is_good": is_good, "links": links}
    return Page("notice.html", words, values, status, headers or {})


@functools.cache
def style_sheet() -> str:
    """Return the style sheet."""
    return _read("page.css").strip()


@functools.cache
def content_security_policy() -> str:
    """Return the policy of every page: our own style, forms to ourselves, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style_sheet().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def template(name: str) -> Template:
    """Return a template by its path below `templates`."""
    return _environment().get_template(name)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _read(f"templates/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["web_address"] = lambda url: _WEB_ADDRESS.fullmatch(str(url)) is not None
    environment.filters["in_words"] = _in_words
    return environment


def _in_words(name: str) -> str:
    """Return a topic such as `new-arrivals` as a person writes it."""
    text = name.replace("-", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def _read(name: str) -> str:
    return (resources.files("assent.web") / name).read_text(encoding="utf-8")

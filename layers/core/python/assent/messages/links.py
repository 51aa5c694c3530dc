"""Which links a text may carry: a phone makes a link of anything that looks like one.

Carriers filter public shorteners, readers cannot check `http:` or look-alike hosts, and a value
that a stranger typed into a form must never become a link in the brand's name.
"""

from __future__ import annotations

import re

from assent.errors import LinkNotAllowedError

# Domains that anybody may shorten a link with; a brand's own short domain is none of them.
_SHORTENERS = (
    "bit.ly|bitly.com|j.mp|tinyurl.com|tiny.cc|goo.gl|t.co|ow.ly|is.gd|v.gd|buff.ly|rebrand.ly|"
    "cutt.ly|shorturl.at|rb.gy|t.ly|tiny.one|soo.gd|s.id|lnkd.in|dub.sh|shorte.st|adf.ly|clck.ru|"
    "u.to|qr.ae|bl.ink|short.io|t2m.io|trib.al|mcaf.ee|snip.ly"
)
# A dot at the end of a sentence is no part of the domain.
_SHORTENER = re.compile(rf"(?<![\w.-])({_SHORTENERS})(?![\w-]|\.\w)", re.IGNORECASE)
_HTTP = re.compile(r"http:", re.IGNORECASE)
_HOST = re.compile(r"https?://([^\s/?#]*)", re.IGNORECASE)
_CREDENTIALS = "@"
# A dot between a word and letters of one case: `evil.com`, `EVIL.COM`, but not `St.Louis` or `J.R.`
_LINKISH = re.compile(r"://|www\.|[^\s.]\.(?:[a-z]{2,24}|[A-Z]{2,24})(?![a-zA-Z])")
_OPEN_LINK = re.compile(r"(?:://|www\.|\w\.[A-Za-z]{2,24}(?:[/?#]\S*)?|[/?#=])$")
_CLOSING_LINK = re.compile(r"^\.?[A-Za-z]*\.[A-Za-z]{2,24}|^\.[A-Za-z]{2,24}|^/\S")


def check_links(text: str) -> None:
    """Raise LinkNotAllowedError for a link that a text may not carry."""
    if _HTTP.search(text):
        raise LinkNotAllowedError("Use https: links only.", field="body")
    if found := _SHORTENER.search(text):
        message = f"Carriers filter public link shorteners such as {found[1].lower()}."
        raise LinkNotAllowedError(message, field="body")
    for host in _HOST.findall(text):
        if not host.isascii() or "xn--" in host.lower() or _CREDENTIALS in host:
            raise LinkNotAllowedError("Write the link's host in plain letters.", field="body")


def looks_like_link(value: str) -> bool:
    """Return whether a phone might show `value`, or a part of it, as a link."""
    return ("." in value or ":" in value) and _LINKISH.search(value) is not None


def value_makes_link(before: str, after: str) -> bool:
    """Return whether a value put between these two texts becomes part of a link."""
    return _OPEN_LINK.search(before) is not None or _CLOSING_LINK.match(after) is not None

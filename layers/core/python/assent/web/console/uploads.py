"""A form that brings a file, as browsers send it (RFC 7578); every other request is read as ever.

A file passes through the function, whose events hold 6 MB in base64; a larger one goes to the
import's own link.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assent.web.requests import UnreadablePageRequestError, page_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assent.web.requests import PageRequest

MAX_FILE_BYTES = 4 * 1024 * 1024
_MAX_PARTS = 100
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?')
_NAME = re.compile(rb';\s*name="([^"\r\n]{1,64})"')
_FILE = re.compile(rb';\s*filename="')


def read(event: Mapping[str, Any]) -> tuple[PageRequest, bytes | None]:
    """Return the request of an HTTP API event and the file it brought, if any.

    Raises UnreadablePageRequestError: 413 for a long file, 400 for what is no form.
    """
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    found = _BOUNDARY.match(headers.get("content-type", ""))
    if found is None:
        return page_request(event), None
    form: dict[str, list[str]] = {}
    file = None
    for name, is_file, content in _parts(_body(event), found[1].encode()):
        if is_file:
            file = content
        else:
            form.setdefault(name, []).append(content.decode(errors="replace"))
    return replace(page_request({**event, "body": ""}), form=form), file


def _body(event: Mapping[str, Any]) -> bytes:
    raw = str(event.get("body") or "")
    try:
        body = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise UnreadablePageRequestError(400) from None
    if len(body) > MAX_FILE_BYTES:
        raise UnreadablePageRequestError(413)
    return body


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bool, bytes]]:
    """Yield name, whether it is a file, and content of each part."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]
    if len(pieces) > _MAX_PARTS:
        raise UnreadablePageRequestError(400)
    for piece in pieces:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise UnreadablePageRequestError(400)
        yield name[1].decode(errors="replace"), _FILE.search(head) is not None, content

"""What is checked before a request is understood: size, declared type, and JSON that is plain.

Done here once because the framework would take a list for its first element, the last of two equal
keys, NaN, and a body of any type.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import TYPE_CHECKING, Any

from assent.http.refusals import (
    MalformedRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 64 * 1024
_NOT_JSON = "The body must be one JSON object."


def readable(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the HTTP API event with its body as text.

    Raises PayloadTooLargeError, UnsupportedMediaTypeError (a body that is declared as anything but
    JSON; no declaration is taken for JSON) and MalformedRequestError.
    """
    body = _bytes(event)
    if len(body) > MAX_BODY_BYTES:
        message = f"A request body has at most {MAX_BODY_BYTES} bytes."
        raise PayloadTooLargeError(message)
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    declared = headers.get("content-type", "")
    if body and declared and declared.split(";")[0].strip().lower() != "application/json":
        message = "Send the body as application/json."
        raise UnsupportedMediaTypeError(message)
    # The framework picks a parser by this header; it has been checked, so there is one parser.
    headers["content-type"] = "application/json"
    return {**event, "headers": headers, "body": _text(body), "isBase64Encoded": False}


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`. Raises MalformedRequestError for anything else: another
    value, duplicate keys, NaN or infinity, unpaired surrogates, or nesting too deep to read."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedRequestError(_NOT_JSON) from None
    if not isinstance(value, dict):
        raise MalformedRequestError(_NOT_JSON)
    return value


def _bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedRequestError(_NOT_JSON) from None


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise MalformedRequestError(_NOT_JSON) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "duplicate key"
        raise ValueError(message)
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number

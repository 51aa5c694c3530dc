"""The one table that turns errors into HTTP: status, stable code and an RFC 9457 document.

Domain errors are facts and know no status; what is not in the table is our fault and becomes a
fixed sentence, so that no message of a library ever reaches a client or the log.
"""

from __future__ import annotations

import json
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from assent.errors import (
    AssentError,
    ConflictError,
    ForbiddenError,
    InputError,
    InvalidPhoneError,
    NotFoundError,
    TooManyRequestsError,
    TryAgainError,
)
from assent.http.refusals import (
    MalformedRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from assent.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROBLEM_JSON = "application/problem+json"
_INTERNAL = 500
_MAX_FIELDS = 20
_MAX_FIELD_LENGTH = 80

# Looked up along the class's ancestors: the nearest entry wins.
STATUSES: Mapping[type[AssentError], int] = {
    MalformedRequestError: 400,
    PayloadTooLargeError: 413,
    UnsupportedMediaTypeError: 415,
    InputError: 422,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    TooManyRequestsError: 429,
    TryAgainError: 503,
}

# pydantic's error types in the words of this API; every `…_type` is a wrong type.
_WHAT = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
}


def status_of(error: Exception) -> int:
    """Return the status of the nearest ancestor in the table, 500 when there is none."""
    for ancestor in type(error).__mro__:
        if ancestor in STATUSES:
            return STATUSES[ancestor]
    return _INTERNAL


def respond(error: Exception, request_id: str) -> Response[str]:
    """Return the problem document for `error`; one that is not in the table is logged, by class
    and place only."""
    fact = malformed(error) if isinstance(error, RequestValidationError) else error
    status = status_of(fact)
    if status == _INTERNAL:
        _log(fact)
        code, detail = "internal_error", "Something went wrong on our side. Quote the request id."
    else:
        code, detail = str(getattr(fact, "code", "")), str(fact)
    document: dict[str, object] = {
        "type": f"urn:assent:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    if fields := _fields(fact):
        document["fields"] = fields
    headers = {"Content-Type": PROBLEM_JSON}
    if isinstance(fact, TryAgainError):
        headers["Retry-After"] = str(fact.retry_after_seconds)
    return Response(status, PROBLEM_JSON, json.dumps(document, ensure_ascii=False), headers)


def malformed(error: RequestValidationError) -> MalformedRequestError:
    """Return the validation's findings as one error: which fields, and what is wrong with each."""
    fields: dict[str, str] = {}
    for found in error.errors()[:_MAX_FIELDS]:
        fields[_path(found["loc"])] = _what(str(found["type"]))
    return MalformedRequestError("The request does not have the documented shape.", fields=fields)


def _path(location: Sequence[str | int]) -> str:
    """Return `profile.topics.0`; the first element only says body, query, path or header."""
    path = ".".join(str(part) for part in location[1:]) or str(location[0])
    return path.encode(errors="replace").decode()[:_MAX_FIELD_LENGTH]


def _what(kind: str) -> str:
    return _WHAT.get(kind, "wrong_type" if kind.endswith("_type") else "invalid")


def _fields(error: Exception) -> list[dict[str, str]]:
    if isinstance(error, MalformedRequestError):
        return [{"field": field, "problem": what} for field, what in error.fields.items()]
    if isinstance(error, InvalidPhoneError):
        return [{"field": "phone", "problem": error.reason}]
    if isinstance(error, InputError) and error.field:
        return [{"field": error.field, "problem": error.code}]
    return []


def _log(error: Exception) -> None:
    """Name the error and where it came from; its message may quote a request."""
    places = [
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    logger().error("request_failed", extra={"error": type(error).__name__, "places": places})

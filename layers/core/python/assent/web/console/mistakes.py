"""What the API refused, as a form tells it: at the field where there is one, above it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.api import ApiProblemError

_LEAST_OURS = 500
_ELSEWHERE = (401, 403, 404)
_SHAPE = "malformed_request"
# What the API says of a field in one word, as a person says it.
_WORDS: Mapping[str, str] = {
    "missing": "fill this in",
    "too_long": "this is too long",
    "too_short": "this is too short",
}


def mistakes(
    error: ApiProblemError,
    names: Mapping[str, str] | None = None,
    known: frozenset[str] | None = None,
) -> dict[str, str]:
    """Return sentences by the form's fields; `names` are the form's names for the API's, `known`
    the fields that the form has. Raises `error` itself when no form can mend it."""
    if error.status in _ELSEWHERE or error.status >= _LEAST_OURS:
        raise error
    found: dict[str, str] = {}
    for path, problem in error.fields.items():
        first = path.partition(".")[0]
        name = (names or {}).get(first, first)
        is_shape = error.problem == _SHAPE
        words = _of_shape(first, problem) if is_shape else _sentence(str(error))
        found[name if known is None or name in known else "main"] = words
    return found or {"main": _sentence(str(error))}


def _of_shape(field: str, problem: str) -> str:
    named = _sentence(field.replace("_", " "))
    return f"{named}: {_WORDS.get(problem, 'check how this is written')}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]

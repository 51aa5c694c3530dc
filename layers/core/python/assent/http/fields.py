"""Field types that every request shape is made of: strict, bounded, and plain text only.

JSON types are never converted (a number is no phone, "yes" is no consent) and unknown properties
are refused, so that what is stored is exactly what was meant.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from assent.clock import parse_iso

MAX_TEXT = 1600
_LINE_BREAKS = "\r\n"
# Overrides and isolates reorder what a reader sees; they have no use in a name or a text.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Body(BaseModel):
    """A request body: strict types, no unknown properties."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Answer(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)


def _plain(text: str, allowed: str = "") -> str:
    if any(c in _BIDI or (unicodedata.category(c) == "Cc" and c not in allowed) for c in text):
        message = "control characters are not allowed"
        raise ValueError(message)
    return text


def _plain_lines(text: str) -> str:
    return _plain(text, _LINE_BREAKS)


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        message = "an instant is written as text"
        raise ValueError(message)
    return parse_iso(value)


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_plain)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_plain)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_plain)]
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(_plain_lines)
]
LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_plain_lines)
]
Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[!-~]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Phone = Annotated[str, StringConstraints(max_length=64)]
Version = Annotated[int, Field(ge=1, le=10**6)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Json = dict[str, Any]
Pending = Literal["pending"]
NextCursor = Annotated[str | None, Field(description="Pass as `cursor` for the next page")]

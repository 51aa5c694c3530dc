"""What the console answers: a page from a template, a piece of one, or the way to another page."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Shown:
    """A page; `values` fill its template and always have a `title`. `errors` are by field."""

    template: str
    values: Mapping[str, object]
    status: int = 200
    errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Moved:
    """Go to another page of the console, so that loading it again repeats nothing. `said` names
    what was done; it is shown there once."""

    to: str
    said: str = ""

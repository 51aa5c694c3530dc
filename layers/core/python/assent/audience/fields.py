"""What a rule can ask of a person: each field, what it holds, and how it is read.

A reader gives None for what is unknown, empty or of another kind, so that no comparison has to
doubt what it compares.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from assent.identifiers import ProgrammeId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.audience.subscriber import Subscriber

Getter: TypeAlias = "Callable[[Subscriber, datetime], object]"


class Kind(StrEnum):
    """What a field holds, which decides how it may be compared."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    TIME = "time"


# `age` is in completed years as far as the birth year shows: who turns 21 this year counts as 20.
# `consent` names a programme and holds its status; `last_texted_at` is of any campaign.
FIELDS: Mapping[str, Kind] = MappingProxyType(
    {
        "first_name": Kind.TEXT,
        "last_name": Kind.TEXT,
        "birth_year": Kind.NUMBER,
        "postal_code": Kind.TEXT,
        "region": Kind.TEXT,
        "time_zone": Kind.TEXT,
        "topics": Kind.LIST,
        "locale": Kind.TEXT,
        "max_per_month": Kind.NUMBER,
        "country": Kind.TEXT,
        "age": Kind.NUMBER,
        "tenure_days": Kind.NUMBER,
        "created_at": Kind.TIME,
        "consent": Kind.TEXT,
        "confirmed_at": Kind.TIME,
        "last_texted_at": Kind.TIME,
    }
)
OF_A_PROGRAMME = frozenset({"consent", "confirmed_at"})

T = TypeVar("T")


def folded(value: T) -> T | str | tuple[object, ...]:
    """Return texts, also in lists, without regard to case and to space around them."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, (tuple, list)):
        return tuple(folded(each) for each in value)
    return value


_TYPES: Mapping[Kind, type | tuple[type, ...]] = MappingProxyType(
    {Kind.TEXT: str, Kind.NUMBER: int, Kind.LIST: (list, tuple), Kind.TIME: datetime}
)


def getter(field: str, programme: str | None) -> Getter:
    """Return a reader of the field: None for what is unknown, empty or of another kind."""
    read = _reader(field, programme)
    expected = _TYPES[FIELDS[field]]

    def get(subscriber: Subscriber, now: datetime) -> object:
        actual = read(subscriber, now)
        if not isinstance(actual, expected) or isinstance(actual, bool):
            return None
        plain = folded(actual)
        return None if plain in {"", ()} else plain

    return get


def _reader(field: str, programme: str | None) -> Getter:
    if programme is not None:
        return _CONSENT[field](programme)
    if field in _DERIVED:
        return _DERIVED[field]
    return lambda subscriber, _now: subscriber.profile.get(field)


def _age(subscriber: Subscriber, now: datetime) -> object:
    year = subscriber.profile.get("birth_year")
    return now.astimezone(UTC).year - year - 1 if isinstance(year, int) else None


def _last_texted_at(subscriber: Subscriber, _now: datetime) -> object:
    return max((claim.at for claim in subscriber.standing.claims.values()), default=None)


def _consent_status(programme: str) -> Getter:
    def read(subscriber: Subscriber, _now: datetime) -> object:
        consent = subscriber.standing.consent_to(ProgrammeId(programme))
        return consent.status.value if consent else "none"

    return read


def _confirmed_at(programme: str) -> Getter:
    def read(subscriber: Subscriber, _now: datetime) -> object:
        consent = subscriber.standing.consent_to(ProgrammeId(programme))
        return consent.at if consent and consent.status == "confirmed" else None

    return read


_CONSENT: Mapping[str, Callable[[str], Getter]] = MappingProxyType(
    {"consent": _consent_status, "confirmed_at": _confirmed_at}
)
_DERIVED: Mapping[str, Getter] = MappingProxyType(
    {
        "country": lambda subscriber, _now: subscriber.country,
        "age": _age,
        "tenure_days": lambda subscriber, now: (now - subscriber.created_at).days,
        "created_at": lambda subscriber, _now: subscriber.created_at,
        "last_texted_at": _last_texted_at,
    }
)

"""What a rule can ask of a person: each field, what it holds, and how it is read.

A reader gives None for what is unknown, empty or of another kind, so that no comparison has to
doubt what it compares.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from assent.audience.engagement import Act, day_of
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
# `consent` names a programme and holds its status; `last_texted_at` is `last_sent_at`, of any
# campaign. A field `attributes.<name>` is a custom attribute, of the kind that it is compared with.
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
        "last_sent_at": Kind.TIME,
        "last_clicked_at": Kind.TIME,
        "last_replied_at": Kind.TIME,
        "last_purchased_at": Kind.TIME,
        "last_visited_at": Kind.TIME,
        "sent": Kind.NUMBER,
        "clicks": Kind.NUMBER,
        "replies": Kind.NUMBER,
        "purchases": Kind.NUMBER,
        "visits": Kind.NUMBER,
    }
)
# Counts are of all time, or of the last `days` of a comparison; who did nothing counts zero.
COUNTS: Mapping[str, Act] = MappingProxyType(
    {
        "sent": Act.SENT,
        "clicks": Act.CLICKED,
        "replies": Act.REPLIED,
        "purchases": Act.PURCHASED,
        "visits": Act.VISITED,
    }
)
_LAST: Mapping[str, Act] = MappingProxyType(
    {
        "last_texted_at": Act.SENT,
        "last_sent_at": Act.SENT,
        "last_clicked_at": Act.CLICKED,
        "last_replied_at": Act.REPLIED,
        "last_purchased_at": Act.PURCHASED,
        "last_visited_at": Act.VISITED,
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


def getter(
    field: str, programme: str | None = None, days: int | None = None, kind: Kind | None = None
) -> Getter:
    """Return a reader of the field: None for what is unknown, empty or of another kind. Without a
    `kind`, a custom attribute may hold text or a number."""
    read = _counter(COUNTS[field], days) if field in COUNTS else _reader(field, programme)
    known = FIELDS.get(field, kind)
    expected = _TYPES[known] if known else (str, int)

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


def _counter(act: Act, days: int | None) -> Getter:
    def read(subscriber: Subscriber, now: datetime) -> object:
        activity = subscriber.engagement.get(act)
        counted = 0
        if activity is not None:
            counted = activity.total if days is None else activity.count(now, days)
        if act is not Act.SENT:
            return counted
        first = day_of(now) - days if days is not None else -1
        return counted + sum(day_of(at) > first for at in _claimed_at(subscriber))

    return read


def _last(act: Act) -> Getter:
    def read(subscriber: Subscriber, _now: datetime) -> object:
        activity = subscriber.engagement.get(act)
        known = (activity.last_at,) if activity else ()
        also = _claimed_at(subscriber) if act is Act.SENT else ()
        return max((*known, *also), default=None)

    return read


def _claimed_at(subscriber: Subscriber) -> tuple[datetime, ...]:
    """Texts of the last weeks are counted by their claims: one given back counts no more."""
    return tuple(claim.at for claim in subscriber.standing.claims.values())


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
        **{name: _last(act) for name, act in _LAST.items()},
    }
)

"""How a person has been in touch lately, small enough to lie on the one item that a claim writes.

Each kind of act keeps its last instant, its total and up to eight days with a count. Days are
merged when there are more, the older ones first: then a window counts fewer acts than there were,
never more, so nobody is taken for a better customer than they are.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Eight days of three bytes, five kinds: 165 bytes with names, so that the item stays below 1 KB.
MAX_DAYS = 8
_MOST_A_DAY = 255
_MOST_IN_ALL = 2**24 - 1
_HEAD = struct.Struct(">I3s")
_DAY = struct.Struct(">HB")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)


class Act(StrEnum):
    """What happened between a person and the brand. `sent`: a campaign's text was claimed."""

    SENT = "sent"
    CLICKED = "clicked"
    REPLIED = "replied"
    PURCHASED = "purchased"
    VISITED = "visited"


@dataclass(frozen=True, slots=True)
class Activity:
    """All acts of one kind. `days` are (days since 1970 in UTC, acts), oldest first; `last_at` is
    exact to the second."""

    last_at: datetime
    total: int
    days: tuple[tuple[int, int], ...]

    def count(self, now: datetime, days: int) -> int:
        """Return how many acts there were today and on the `days - 1` days before, in UTC; at most
        the true number, and exactly it while there were acts on no more than eight days."""
        first = day_of(now) - days
        return sum(count for day, count in self.days if day > first)


def plus(activity: Activity | None, at: datetime) -> Activity:
    """Return the activity with one more act, in whatever order acts become known."""
    at = at.astimezone(UTC).replace(microsecond=0)
    if activity is None:
        return Activity(at, 1, ((day_of(at), 1),))
    counts = dict(activity.days)
    counts[day_of(at)] = min(counts.get(day_of(at), 0) + 1, _MOST_A_DAY)
    return Activity(
        max(activity.last_at, at),
        min(activity.total + 1, _MOST_IN_ALL),
        _merged(sorted(counts.items())),
    )


def plus_all(activity: Activity | None, instants: Iterable[datetime]) -> Activity | None:
    """Return the activity with these acts added."""
    for at in sorted(instants):
        activity = plus(activity, at)
    return activity


def day_of(instant: datetime) -> int:
    """Return the number of the UTC day since 1970."""
    return (instant.astimezone(UTC) - _EPOCH) // _ONE_DAY


def _merged(days: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join the two days that lie closest for their age, onto the older one."""
    newest = days[-1][0]
    while len(days) > MAX_DAYS:
        pairs = range(len(days) - 1)
        at = min(pairs, key=lambda i: (days[i + 1][0] - days[i][0]) / (newest - days[i][0] + 1))
        (older, some), (_, more) = days[at : at + 2]
        days[at : at + 2] = [(older, min(some + more, _MOST_A_DAY))]
    return tuple(days)


def packed(activity: Activity) -> bytes:
    """Return the activity in at most 31 bytes."""
    last = int((activity.last_at - _EPOCH).total_seconds())
    head = _HEAD.pack(last, activity.total.to_bytes(3, "big"))
    return head + b"".join(_DAY.pack(day, count) for day, count in activity.days)


def unpacked(raw: bytes) -> Activity:
    """Return the activity that `packed` packed."""
    last, total = _HEAD.unpack_from(raw)
    days = tuple(_DAY.iter_unpack(raw[_HEAD.size :]))
    return Activity(_EPOCH + timedelta(seconds=last), int.from_bytes(total, "big"), days)


def with_act(engagement: Mapping[Act, Activity], act: Act, at: datetime) -> dict[Act, Activity]:
    """Return the engagement with one more act."""
    return {**engagement, act: plus(engagement.get(act), at)}

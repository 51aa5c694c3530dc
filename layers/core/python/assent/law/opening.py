"""The first instant at which every one of several clocks shows a permitted hour.

Asking the wall clock of the instant itself, never adding hours to a local time, is what makes gaps
and folds of daylight saving harmless. Knows nothing of law: hours come as a function of the date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# A zone's offset from UTC lies within these, so a local day lies within them of its UTC midnight.
_EASTMOST, _WESTMOST = timedelta(hours=15), timedelta(hours=39)


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock hours of one date: `opens` inclusive, `closes` exclusive."""

    opens: time
    closes: time


Hours: TypeAlias = "Callable[[date], Window | None]"


def is_open(hours: Hours, zone: ZoneInfo, instant: datetime) -> bool:
    """Return whether the wall clock of `zone` shows a permitted hour at `instant` (aware)."""
    wall = instant.astimezone(zone)
    window = hours(wall.date())
    return window is not None and window.opens <= wall.time() < window.closes


def first_common_opening(
    hours: Hours, zones: Sequence[ZoneInfo], at: datetime, deadline: datetime
) -> datetime | None:
    """Return the first instant from `at` (UTC) on, before `deadline`, that is open in all `zones`;
    None when there is none."""
    while at < deadline:
        opening = max(_first_opening(hours, zone, at, deadline) for zone in zones)
        if opening == at:
            return at
        at = opening
    return None


def _first_opening(hours: Hours, zone: ZoneInfo, at: datetime, deadline: datetime) -> datetime:
    """Return the first open instant of one zone from `at` on, or `deadline` if that is earlier."""
    if is_open(hours, zone, at):
        return at
    day = at.astimezone(zone).date()
    while datetime.combine(day, time(), tzinfo=UTC) - _EASTMOST < deadline:
        # Two dates at a time: where a clock is set back over midnight, a date comes twice.
        near = (*_openings(hours, zone, day), *_openings(hours, zone, day + _DAY))
        after = [opening for opening in near if opening > at]
        if after:
            return min(*after, deadline)
        day += _DAY
    return deadline


def _openings(hours: Hours, zone: ZoneInfo, day: date) -> list[datetime]:
    """Return the open instants of a local date among which its first must be."""
    return [
        candidate
        for candidate in _candidates(hours, zone, day)
        if candidate.astimezone(zone).date() == day and is_open(hours, zone, candidate)
    ]


def _candidates(hours: Hours, zone: ZoneInfo, day: date) -> Iterable[datetime]:
    """Return the instants at which a zone can come to be open on a local day: when its clock shows
    the opening hour, once or twice, and when the clock itself is moved."""
    window = hours(day)
    if window is None:
        return
    opens = datetime.combine(day, window.opens, tzinfo=zone)
    yield opens.astimezone(UTC)
    yield opens.replace(fold=1).astimezone(UTC)
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    first, last = midnight - _EASTMOST, midnight + _WESTMOST
    if first.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset():
        yield _transition(zone, first, last)


def _transition(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the instant between the two at which the zone's offset changes."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) // (2 * _SECOND)) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after

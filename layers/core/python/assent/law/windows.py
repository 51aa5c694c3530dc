"""When a marketing text may reach a person: the hours as data, the next such instant as a function.

An instant is legal when the wall clock of every candidate zone shows an hour that every applicable
row permits. Asking the wall clock of the instant itself, never adding hours to a local time, is
what makes gaps and folds of daylight saving harmless. What counts is dispatch (ZA R293; 47 CFR
64.1200(c)(1) speaks of the called party's local time).

Rows marked `unverified` are no law that was found; they and countries without a row are bound by
the house default (09:00-20:00, Sundays from noon) as well. Answers to a person's own message are
not marketing and do not come here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from assent.law.holidays import holidays
from assent.law.sources import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assent.law.zones import Whereabouts

_HORIZON = timedelta(days=15)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEK = ("mon_fri", "mon_fri", "mon_fri", "mon_fri", "mon_fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class LegalInstant:
    """`at` is `now` itself when texting is legal already, None when no hour of the next 15 days
    suits all candidate zones: then hold the text. `reason` says what decided."""

    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock hours: `opens` inclusive, `closes` exclusive."""

    opens: time
    closes: time


def rules_version() -> str:
    """Return the version of the quiet-hours table, to be recorded with what was decided on it."""
    return str(table("quiet_hours")["version"])


def next_legal_instant(whereabouts: Whereabouts, now: datetime) -> LegalInstant:
    """Return the first instant, from `now` (aware) on, at which a marketing text is legal."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    found = _next_legal_minute(whereabouts, minute)
    # Windows and zones change on whole minutes, so all of a minute is as legal as its start.
    return LegalInstant(now, "open") if found.at == minute else found


def is_legal(whereabouts: Whereabouts, instant: datetime) -> bool:
    """Return whether a marketing text may be sent at `instant`."""
    return bool(whereabouts.zones) and all(
        _is_open(whereabouts.jurisdictions, ZoneInfo(zone), instant) for zone in whereabouts.zones
    )


@functools.lru_cache(maxsize=32_768)
def _next_legal_minute(whereabouts: Whereabouts, minute: datetime) -> LegalInstant:
    if not whereabouts.zones:
        return LegalInstant(None, "zone_unknown")
    zones = [ZoneInfo(zone) for zone in whereabouts.zones]
    at, deadline = minute, minute + _HORIZON
    while at < deadline:
        opening = max(_opening(whereabouts.jurisdictions, zone, at, deadline) for zone in zones)
        if opening == at:
            return LegalInstant(at, "open" if at == minute else "quiet_hours")
        at = opening
    return LegalInstant(None, "no_common_hour")


def _is_open(jurisdictions: tuple[str, ...], zone: ZoneInfo, instant: datetime) -> bool:
    wall = instant.astimezone(zone)
    window = window_on(jurisdictions, wall.date())
    return window is not None and window.opens <= wall.time() < window.closes


def _opening(
    jurisdictions: tuple[str, ...], zone: ZoneInfo, at: datetime, deadline: datetime
) -> datetime:
    """Return the first instant from `at` on that is open in this zone, at most `deadline`."""
    if _is_open(jurisdictions, zone, at):
        return at
    day = at.astimezone(zone).date()
    while True:
        candidates = [each for each in _changes(jurisdictions, zone, day) if each > at]
        if candidates and min(candidates) >= deadline:
            return deadline
        for candidate in sorted(candidates):
            if _is_open(jurisdictions, zone, candidate):
                return candidate
        day += _DAY
        if datetime.combine(day, time(), tzinfo=UTC) > deadline + 2 * _DAY:
            return deadline


def _changes(jurisdictions: tuple[str, ...], zone: ZoneInfo, day: date) -> Iterable[datetime]:
    """Return the instants of a local day at which a window can come to be open: when the wall
    clock shows its opening hour, once or twice, and when the wall clock itself is moved."""
    window = window_on(jurisdictions, day)
    if window is None:
        return
    opens = datetime.combine(day, window.opens, tzinfo=zone)
    yield opens.astimezone(UTC)
    yield opens.replace(fold=1).astimezone(UTC)
    midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    first, last = midnight - timedelta(hours=3), midnight + timedelta(hours=27)
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


# --- The rows ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8192)
def window_on(jurisdictions: tuple[str, ...], day: date) -> Window | None:
    """Return the hours of a local date that every jurisdiction permits; None: none that day."""
    windows = [_row_window(jurisdiction, day) for jurisdiction in jurisdictions]
    if not windows or None in windows:
        return None
    opens = max(window.opens for window in windows if window)
    closes = min(window.closes for window in windows if window)
    return Window(opens, closes) if opens < closes else None


def _row_window(jurisdiction: str, day: date) -> Window | None:
    row = _rows()[jurisdiction]
    if row["public_holidays"] == "blocked" and day in holidays(jurisdiction, day.year):
        return None
    hours = row["allowed_window_local"][_WEEK[day.weekday()]]
    return Window(*map(time.fromisoformat, hours)) if hours else None


@functools.cache
def _rows() -> Mapping[str, Any]:
    return {row["jurisdiction"]: row for row in table("quiet_hours")["rules"]}

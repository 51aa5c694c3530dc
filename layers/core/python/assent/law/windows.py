"""When a marketing text may reach a person: the hours as data, the next such instant as a function.

An instant is legal when the wall clock of every candidate zone shows an hour that every applicable
row permits. What counts is dispatch (ZA R293; 47 CFR 64.1200(c)(1) speaks of the called party's
local time).

Rows marked `unverified` are no law that was found; they and countries without a row are bound by
the house default (09:00-20:00, Sundays from noon) as well. Answers to a person's own message are
not marketing and do not come here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from assent.law.holidays import holidays
from assent.law.opening import Window, first_common_opening, is_open
from assent.law.sources import table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from assent.law.zones import Whereabouts

_HORIZON = timedelta(days=15)
_WEEK = ("mon_fri", "mon_fri", "mon_fri", "mon_fri", "mon_fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class LegalInstant:
    """`at` is `now` itself when texting is legal already, None when no hour of the next 15 days
    suits all candidate zones: then hold the text. `reason` says what decided."""

    at: datetime | None
    reason: str


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
    hours = functools.partial(_hours_on, whereabouts)
    return bool(whereabouts.zones) and all(
        is_open(hours, ZoneInfo(zone), instant) for zone in whereabouts.zones
    )


@functools.lru_cache(maxsize=32_768)
def _next_legal_minute(whereabouts: Whereabouts, minute: datetime) -> LegalInstant:
    if not whereabouts.zones:
        return LegalInstant(None, "zone_unknown")
    hours = functools.partial(_hours_on, whereabouts)
    zones = [ZoneInfo(zone) for zone in whereabouts.zones]
    at = first_common_opening(hours, zones, minute, minute + _HORIZON)
    return LegalInstant(at, "quiet_hours" if at else "no_common_hour")


def _hours_on(whereabouts: Whereabouts, day: date) -> Window | None:
    legal = window_on(whereabouts.jurisdictions, day)
    if legal is None or whereabouts.own_hours is None:
        return legal
    own = Window(*map(time.fromisoformat, whereabouts.own_hours))
    return _common([legal, own])


# --- The rows ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8192)
def window_on(jurisdictions: tuple[str, ...], day: date) -> Window | None:
    """Return the hours of a local date that every jurisdiction permits; None: none that day."""
    windows = [_row_window(jurisdiction, day) for jurisdiction in jurisdictions]
    return _common(windows) if windows else None


def _common(windows: list[Window | None]) -> Window | None:
    if None in windows:
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

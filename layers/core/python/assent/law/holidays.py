"""Public holidays, computed from rules, for the jurisdictions whose rows forbid texts on them.

Computed rather than listed, so that no list runs out. A holiday proclaimed for a single year is
not known here; add it to `data/holidays.json` as a fixed date.
"""

from __future__ import annotations

import functools
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assent.law.sources import table

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEEKDAYS = {name: index for index, name in enumerate(("mon", "tue", "wed", "thu", "fri"))}
_SATURDAY, _SUNDAY = 5, 6
_DAY = timedelta(days=1)


@functools.lru_cache(maxsize=512)
def holidays(jurisdiction: str, year: int) -> frozenset[date]:
    """Return the days of `year` on which a jurisdiction rests, with those on which a holiday that
    falls on a weekend is kept instead; empty for a jurisdiction without a calendar."""
    calendar = table("holidays")["calendars"].get(jurisdiction)
    if calendar is None:
        return frozenset()
    found = {day for each in calendar.get("includes", ()) for day in holidays(each, year)}
    # New Year's Day of the next year may be kept on 31 December of this one.
    for of_year in (year, year + 1):
        for rule in calendar["days"]:
            found |= _kept(_day(rule, of_year), calendar["observed"])
    return frozenset(day for day in found if day.year == year)


def easter(year: int) -> date:
    """Return Western Easter Sunday (the anonymous Gregorian computus)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap_centuries, century_rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    weekday = (32 + 2 * century_rest + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _kept(day: date | None, observed: str) -> set[date]:
    if day is None:
        return set()
    days = {day}
    if observed == "both" and day.weekday() == _SATURDAY:
        days.add(day - _DAY)
    if observed in {"both", "monday"} and day.weekday() == _SUNDAY:
        days.add(day + _DAY)
    return days


def _day(rule: Mapping[str, Any], year: int) -> date | None:
    if rule.get("even_years") and year % 2:
        return None
    if "fixed" in rule:
        return date.fromisoformat(f"{year}-{rule['fixed']}")
    if "easter" in rule:
        return easter(year) + timedelta(days=rule["easter"])
    counted = _nth_weekday(year, rule["month"], _WEEKDAYS[rule["weekday"]], rule["nth"])
    return counted + timedelta(days=rule.get("plus", 0))


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the nth such weekday of the month; -1 is the last."""
    if nth < 0:
        first_of_next = date(year + month // 12, month % 12 + 1, 1)
        return first_of_next - timedelta(days=(first_of_next.weekday() - weekday - 1) % 7 + 1)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))

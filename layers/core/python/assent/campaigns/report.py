"""A rehearsal in figures for a person: when it would be over, and what it would cost.

Worked out when it is asked for, so that another rate or another price needs no new rehearsal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from assent.clock import parse_iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.campaigns.findings import Findings
    from assent.campaigns.prices import CountryCost, PriceList


@dataclass(frozen=True, slots=True)
class WindowForecast:
    """People who may be texted from `release_at` on, and when the last of them would be."""

    release_at: datetime
    people: int
    parts: int
    finish_at: datetime


@dataclass(frozen=True, slots=True)
class CostForecast:
    """`total` leaves the `unpriced` countries out, which is why they are named."""

    countries: tuple[CountryCost, ...]
    total: Decimal
    unpriced: tuple[str, ...]


def forecast(
    findings: Findings, parts_per_second: int, now: datetime
) -> tuple[WindowForecast, ...]:
    """Return the windows in order, one after the other at the full rate, beginning at `now`."""
    made, free_at = [], now
    for at, (people, parts) in sorted(findings.windows.items()):
        release_at = parse_iso(at)
        free_at = max(free_at, release_at) + timedelta(seconds=parts / parts_per_second)
        made.append(WindowForecast(release_at, people, parts, free_at))
    return tuple(made)


def cost(findings: Findings, prices: PriceList) -> CostForecast:
    """Return what the texts would cost."""
    countries = [
        prices.cost(country, people, parts)
        for country, (people, parts) in sorted(findings.countries.items())
    ]
    return CostForecast(tuple(countries), _total(countries), _unpriced(countries))


def _total(countries: Sequence[CountryCost]) -> Decimal:
    known = [each.cost for each in countries if each.cost is not None]
    return sum(known, Decimal())


def _unpriced(countries: Sequence[CountryCost]) -> tuple[str, ...]:
    return tuple(each.country for each in countries if each.cost is None)

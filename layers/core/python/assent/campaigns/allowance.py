"""What one sender may still send today, and spend this month: asked once per batch, in parts and
estimated money.

A batch takes what it is about to send and gives back what it did not, so nothing is written per
text, and a crash errs to the safe side. System texts are neither counted nor held back: leave them
room. Where no price of a country is known, its texts count as the dearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.prices import PriceList
    from assent.clock import Clock

MICRO = 1_000_000
# A day is over for a campaign when less is left than one text may need.
_WIDEST = 24


class Exhausted(StrEnum):
    """What has run out."""

    DAY = "day"
    MONTH = "month"


class AllowanceStore(Protocol):
    """Sums that are taken from, kept until a while after their span."""

    def take(self, key: str, wanted: int, most: int, until: datetime) -> int:
        """Add `wanted` to the sum, or as much as still fits below `most`; return what was added.
        Raises TryAgainError."""
        ...

    def give_back(self, key: str, amount: int) -> None:
        """Subtract. Raises TryAgainError."""
        ...

    def taken(self, key: str) -> int:
        """Return the sum; read consistently."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One text: to which country, of how many parts."""

    country: str
    parts: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The first `texts` of what was asked for may go; `exhausted` says why no more may. The keys
    are those of the day and month that it was taken from."""

    texts: int
    exhausted: Exhausted | None = None
    day: str = ""
    month: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One sender's. 0 parts a day, or 0 dollars a month: no limit, and no write."""

    store: AllowanceStore
    clock: Clock
    identity: str
    prices: PriceList
    parts_per_day: int = 0
    dollars_per_month: Decimal = Decimal(0)

    def take(self, asks: Sequence[Ask]) -> Grant:
        """Take what these texts need, in their order, as far as it goes."""
        now = self.clock.now()
        day, month = day_key(self.identity, now), f"month#{self.identity}#{now:%Y-%m}"
        grant = Grant(len(asks), None, day, month)
        if asks and self.parts_per_day:
            parts = [ask.parts for ask in asks]
            fits = self._fitting(day, parts, self.parts_per_day, now + timedelta(days=1))
            if fits < len(asks):
                grant = Grant(fits, Exhausted.DAY, day, month)
        if grant.texts and self.dollars_per_month:
            costs = [self.cost(ask) for ask in asks[: grant.texts]]
            most = int(self.dollars_per_month * MICRO)
            fits = self._fitting(month, costs, most, now + timedelta(days=31))
            if fits < grant.texts:
                self._return_parts(day, asks[fits : grant.texts])
                grant = Grant(fits, Exhausted.MONTH, day, month)
        return grant

    def give_back(self, grant: Grant, unsent: Sequence[Ask]) -> None:
        """Give back what granted texts that did not leave had taken."""
        self._return_parts(grant.day, unsent)
        if self.dollars_per_month and unsent:
            self.store.give_back(grant.month, sum(self.cost(ask) for ask in unsent))

    def cost(self, ask: Ask) -> int:
        """Return the estimated price of a text in millionths of a dollar."""
        known = self.prices.by_country.get(ask.country)
        dearest = max(price.per_part for price in self.prices.by_country.values())
        return int((known.per_part if known else dearest) * MICRO) * ask.parts

    def _return_parts(self, day: str, unsent: Sequence[Ask]) -> None:
        if self.parts_per_day and unsent:
            self.store.give_back(day, sum(ask.parts for ask in unsent))

    def _fitting(self, key: str, amounts: Sequence[int], most: int, until: datetime) -> int:
        """Take for as many of the amounts, from the first on, as fit; return how many do."""
        wanted = sum(amounts)
        granted = self.store.take(key, wanted, most, until)
        if granted >= wanted:
            return len(amounts)
        fits, used = 0, 0
        while used + amounts[fits] <= granted:
            used += amounts[fits]
            fits += 1
        if granted > used:
            self.store.give_back(key, granted - used)
        return fits


@dataclass(frozen=True, slots=True)
class DayCheck:
    """Whether a sender's day is over, for whoever only waits for the next."""

    store: AllowanceStore
    identity: str
    parts_per_day: int

    def seconds_to_wait(self, now: datetime) -> int:
        """Return the seconds to the next day (UTC) when today's parts are used up, else 0."""
        if not self.parts_per_day:
            return 0
        left = self.parts_per_day - self.store.taken(day_key(self.identity, now))
        if left >= min(_WIDEST, self.parts_per_day):
            return 0
        today = datetime(now.year, now.month, now.day, tzinfo=UTC)
        return int((today + timedelta(days=1) - now).total_seconds()) + 1


def day_key(identity: str, now: datetime) -> str:
    """Return the name of the sender's day, in UTC."""
    return f"day#{identity}#{now:%Y-%m-%d}"

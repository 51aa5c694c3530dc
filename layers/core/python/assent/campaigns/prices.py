"""What a part costs, by country: data with its source, and the operator's own prices over it.

A country without a price is named and never counted as free, because a bill is no place for zero.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assent.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE = Path(__file__).with_name("data") / "sms_prices.json"
_OWN = re.compile(r"([A-Z]{2})=([0-9]{1,2}(?:\.[0-9]{1,6})?)")
_OPERATOR = "the operator's own price"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one part, and where that is said."""

    per_part: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class CountryCost:
    """What a country's texts come to; `cost` and `source` are None where no price is known."""

    country: str
    people: int
    parts: int
    cost: Decimal | None
    source: str | None


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by country as of a day."""

    as_of: str
    currency: str
    by_country: Mapping[str, Price]

    def cost(self, country: str, people: int, parts: int) -> CountryCost:
        """Return what `parts` parts to `people` of a country come to."""
        price = self.by_country.get(country)
        if price is None:
            return CountryCost(country, people, parts, None, None)
        return CountryCost(country, people, parts, price.per_part * parts, price.source)


def price_list(own_prices: str = "") -> PriceList:
    """Return the table with `own_prices` (`US=0.0083,GB=0.04`) over it. Raises InputError when
    these are not written so."""
    table = _table()
    known = {
        country: Price(Decimal(row["per_part"]), row["source"])
        for country, row in table["countries"].items()
    }
    for entry in filter(None, (part.strip() for part in own_prices.split(","))):
        found = _OWN.fullmatch(entry)
        if found is None:
            message = "Prices are written as COUNTRY=USD, parted by commas."
            raise InputError(message, field="prices_per_part")
        known[found[1]] = Price(Decimal(found[2]), _OPERATOR)
    return PriceList(table["as_of"], table["currency"], known)


@functools.cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table

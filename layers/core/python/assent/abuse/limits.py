"""How many sign-ups and confirmation texts there may be: one table, each row with its reason.

The confirmation text is what a stranger can make us pay for, so every row ends in a number that
no attacker can talk up. `docs/abuse.md` shows the same table; a test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Scope(StrEnum):
    """What is counted apart from what; values are stored in keys, metrics and events."""

    IP = "ip"
    PREFIX = "prefix"
    NUMBER = "number"
    COUNTRY = "country"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each clock window of `window` (UTC). Who sends no form token that proves
    anything may fill only `without_token` of them. `is_told`: meeting it is answered by 429, which
    is right only where it depends on nothing that is known of a person."""

    scope: Scope
    counts: str
    window: timedelta
    most: int
    without_token: int
    is_told: bool
    why: str

    def most_for(self, *, has_token: bool) -> int:
        """Return how far the window may be filled by a sign-up with or without a token."""
        return self.most if has_token else self.without_token

    def ends_at(self, now: datetime) -> datetime:
        """Return when the window that holds `now` is over."""
        return _EPOCH + ((now - _EPOCH) // self.window + 1) * self.window


Limits = dict[Scope, Limit]


def limits(
    *, per_ip: int = 60, per_prefix: int = 30, per_country: int = 1000, in_all: int = 600
) -> Limits:
    """Return the table. The four values are those that a deployment's traffic decides."""
    rows = (
        Limit(
            Scope.IP,
            "sign-ups",
            HOUR,
            per_ip,
            _share(per_ip, 3),
            True,
            "one address (IPv6: one /64) is one household, shop or school, seldom more",
        ),
        Limit(
            Scope.PREFIX,
            "sign-ups",
            HOUR,
            per_prefix,
            _share(per_prefix, 2),
            True,
            "pumping walks through a block of numbers; people come from all blocks at once",
        ),
        Limit(
            Scope.NUMBER,
            "sign-ups",
            DAY,
            6,
            6,
            False,
            "a person asks once or twice; more would only lengthen somebody's history",
        ),
        Limit(
            Scope.COUNTRY,
            "texts",
            DAY,
            per_country,
            _share(per_country, 2),
            False,
            "the daily bill of one country has a ceiling before anybody looks at it",
        ),
        Limit(
            Scope.ALL,
            "texts",
            HOUR,
            in_all,
            _share(in_all, 2),
            True,
            "whatever gets past all other rows costs no more than this",
        ),
    )
    return {row.scope: row for row in rows}


def _share(most: int, parts: int) -> int:
    return max(1, most // parts)

"""Counting what strangers do, without keeping who they are.

What is counted is named by a keyed hash, so that a table of counters holds no address and no
number; a window's counter is an item of its own, so that counting is one conditional write.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.abuse.limits import Limit, Scope
    from assent.phone import PhoneNumber

_PURPOSE = "abuse"
_V6_HOUSEHOLD = 64


class Counters(Protocol):
    """Where windows are counted and single uses are remembered."""

    def take(self, key: str, most: int, until: datetime) -> bool:
        """Count one more under `key` unless `most` are counted; return whether it was counted.

        One atomic write. The counter may be forgotten after `until`. Raises TryAgainError.
        """
        ...

    def count(self, key: str) -> int:
        """Return how many are counted under `key`, read consistently."""
        ...


@dataclass(frozen=True, slots=True)
class Subjects:
    """Names what is counted. `mac` is a keyed hash (`PhoneKeys.mac`)."""

    mac: Callable[[str, str], str]

    def ip(self, address: str) -> str:
        """Return the key of an address as the gateway saw it; an IPv6 counts with its /64."""
        return self._hashed("ip", network_of(address))

    def prefix(self, phone: PhoneNumber) -> str:
        """Return the key of the number's block: all but its last four digits."""
        return self._hashed("prefix", phone.prefix)

    def country(self, country: str) -> str:
        """Return the key of a country, which is nobody's secret."""
        return f"country#{country}"

    def _hashed(self, kind: str, text: str) -> str:
        return f"{kind}#{self.mac(_PURPOSE, f'{kind}|{text}')}"


def network_of(address: str) -> str:
    """Return what an address counts as: itself, or the /64 that an IPv6 customer is given whole.

    What is no address counts as one and the same, since the gateway always names one.
    """
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found.packed, _V6_HOUSEHOLD), strict=False))
    return str(found)


def window_key(limit: Limit, subject: str, now: datetime) -> str:
    """Return the key of the window that holds `now`, for one subject of a limit."""
    return f"{limit.counts}#{subject}#{int(limit.ends_at(now).timestamp())}"


def subject_of_all(scope: Scope) -> str:
    """Return the subject of a limit that counts everything together."""
    return scope.value

"""Where a person may be: every clock and every set of rules that could bind a text to them.

When in doubt it answers with more zones and more rules, never fewer, because a text must be legal
in all of them. A number alone says little: it moves with its owner.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from assent.law.sources import expanded, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.phone import PhoneNumber

_NANP = "1"
_AREA_CODE = slice(1, 4)
_ZIP_PREFIX = slice(0, 3)
_LONGEST_COUNTRY_CODE = 3
# Calling codes in which a mobile number's first digits tell a place (libphonenumber's
# GEO_MOBILE_COUNTRIES, and the NANP); elsewhere all zones of the country are candidates.
_MOBILES_WITH_PLACE = (_NANP, "52", "54", "55")

UNKNOWN_US_STATE = "US-UNKNOWN-STATE"
HOUSE_DEFAULT = "DEFAULT"


class Basis(StrEnum):
    """What the zones rest on."""

    PROFILE_TIME_ZONE = "profile_time_zone"
    PROFILE_PLACE = "profile_place"
    NUMBER = "number"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The rows of the quiet-hours table that apply and the IANA zones that must all be open.

    Hashable, so that what follows from it is computed once for the many who share it. `zones` is
    empty when nothing is known; then no instant is legal. `own_hours` are a sender's own, such as
    `("10:00", "18:00")`: they can only narrow what the law permits.
    """

    jurisdictions: tuple[str, ...]
    zones: tuple[str, ...]
    basis: Basis
    own_hours: tuple[str, str] | None = None


def whereabouts(phone: PhoneNumber, country: str, profile: Mapping[str, object]) -> Whereabouts:
    """Return where the law must be kept for this number of `country` (ISO 3166 alpha-2).

    A valid `time_zone` of the profile decides the zone. Otherwise all zones of the number and,
    in the US, of the profile's `region` or `postal_code` are candidates. Where area code and
    profile name two states, the rules of both apply (area code: Fla. Stat. 501.616(6) and Oregon
    HB 3865 presume residence by it).
    """
    digits = _placing_digits(phone.e164[1:])
    time_zone, region, postal_code = (
        value if isinstance(value, str) else ""
        for value in (profile.get("time_zone"), profile.get("region"), profile.get("postal_code"))
    )
    postal_prefix = postal_code.strip()[_ZIP_PREFIX] if country == "US" else ""
    return _whereabouts(digits, country, time_zone, region, postal_prefix)


@functools.lru_cache(maxsize=65_536)
def _whereabouts(
    digits: str, country: str, time_zone: str, region: str, postal_prefix: str
) -> Whereabouts:
    by_number = _state_of_number(digits) if country == "US" else None
    by_profile = _state_of_profile(region, postal_prefix) if country == "US" else None
    states = {state for state in (by_number, by_profile) if state}
    jurisdictions = _jurisdictions(country, states)
    if is_place_zone(time_zone):
        return Whereabouts(jurisdictions, (time_zone,), Basis.PROFILE_TIME_ZONE)
    zones = _zones_of_number(digits, country, by_number)
    basis = Basis.NUMBER if zones else Basis.UNKNOWN
    if by_profile:
        zones |= _zones_of_state(by_profile)
        basis = Basis.PROFILE_PLACE
    return Whereabouts(jurisdictions, tuple(sorted(zones)), basis)


@functools.lru_cache(maxsize=1024)
def is_place_zone(name: str) -> bool:
    """Return whether `name` is the IANA zone of a place. `UTC` and `Etc/…` are not: browsers give
    them in place of the true zone when they protect privacy."""
    if "/" not in name or name.startswith("Etc/"):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _jurisdictions(country: str, states: set[str]) -> tuple[str, ...]:
    rules = table("quiet_hours")
    rows = _rows()
    named = rules["same_as"].get(country, country)
    found = [named] if named in rows else []
    if not found or rows[named]["confidence"] == "unverified":
        found.append(HOUSE_DEFAULT)
    if country == "US":
        found += sorted(f"US-{state}" for state in states if f"US-{state}" in rows)
        found += [] if states else [UNKNOWN_US_STATE]
    return tuple(found)


@functools.cache
def _rows() -> Mapping[str, Any]:
    return {row["jurisdiction"]: row for row in table("quiet_hours")["rules"]}


# --- By the number -------------------------------------------------------------------------------


def _zones_of_number(digits: str, country: str, state: str | None) -> set[str]:
    prefix = _zone_prefix(digits)
    overlay = (
        _overlays().get(digits[_AREA_CODE], frozenset()) if digits[0] == _NANP else frozenset()
    )
    if prefix and prefix != _NANP:
        return set(TIMEZONE_DATA[prefix]) | overlay
    if state:
        return _zones_of_state(state) | overlay
    return _zones_of_country(country) | overlay


def _placing_digits(digits: str) -> str:
    """Return the first digits of a number, as many as can tell a place."""
    if digits.startswith(_MOBILES_WITH_PLACE):
        return digits[:TIMEZONE_LONGEST_PREFIX]
    lengths = range(1, _LONGEST_COUNTRY_CODE + 1)
    return next((digits[:length] for length in lengths if digits[:length] in TIMEZONE_DATA), digits)


def _zone_prefix(digits: str) -> str | None:
    """Return the longest prefix of which libphonenumber knows the zones."""
    prefixes = (digits[:length] for length in range(len(digits), 0, -1))
    return next((prefix for prefix in prefixes if prefix in TIMEZONE_DATA), None)


@functools.cache
def _overlays() -> Mapping[str, frozenset[str]]:
    return {
        code: frozenset(each["zones"])
        for each in table("overlays")["complexes"]
        for code in each["codes"]
    }


def _zones_of_country(country: str) -> set[str]:
    if country == "US":
        return {zone for zones in table("us_places")["zones"].values() for zone in zones}
    return set(_zone_tab().get(country, ()))


@functools.cache
def _zone_tab() -> Mapping[str, list[str]]:
    """IANA's own list of which zones a country has."""
    zones: dict[str, list[str]] = {}
    text = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _coordinates, zone, *_comment = line.split("\t")
            zones.setdefault(country, []).append(zone)
    return zones


# --- By the US state -----------------------------------------------------------------------------


def _state_of_number(digits: str) -> str | None:
    return _area_codes().get(digits[_AREA_CODE])


def _state_of_profile(region: str, postal_prefix: str) -> str | None:
    spelt = region.strip().upper().removeprefix("US-")
    if spelt in table("us_places")["zones"]:
        return spelt
    return _state_names().get(spelt) or _state_of_zip(postal_prefix)


def _state_of_zip(prefix: str) -> str | None:
    if not (len(prefix) == _ZIP_PREFIX.stop and prefix.isascii() and prefix.isdigit()):
        return None
    ranges = table("us_places")["zip_prefixes"]
    return next((state for first, last, state in ranges if first <= prefix <= last), None)


def _zones_of_state(state: str) -> set[str]:
    return set(table("us_places")["zones"][state])


@functools.cache
def _area_codes() -> Mapping[str, str]:
    return expanded(table("us_places")["area_codes"])


@functools.cache
def _state_names() -> Mapping[str, str]:
    return {name.upper(): state for state, name in table("us_places")["names"].items()}

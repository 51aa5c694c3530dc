from __future__ import annotations

from itertools import pairwise

import pytest

from assent.law.sources import table
from assent.law.zones import Basis, Whereabouts, is_place_zone, whereabouts
from assent.phone import PhoneNumber

EASTERN, CENTRAL, MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"
PACIFIC, BOISE = "America/Los_Angeles", "America/Boise"


def of(number: str, country: str = "US", **profile: object) -> Whereabouts:
    return whereabouts(PhoneNumber(number), country, profile)


def test_a_number_of_one_zone_gives_that_zone_and_its_state() -> None:
    assert of("+12065550100") == Whereabouts(("US", "US-WA"), (PACIFIC,), Basis.NUMBER)


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("850", {EASTERN, CENTRAL}),
        ("448", {EASTERN, CENTRAL}),
        ("270", {EASTERN, CENTRAL}),
        ("364", {EASTERN, CENTRAL}),
        ("541", {PACIFIC, BOISE}),
        ("458", {PACIFIC, BOISE}),
        ("208", {PACIFIC, BOISE}),
        ("986", {PACIFIC, BOISE}),
        ("785", {CENTRAL, MOUNTAIN}),
        ("620", {CENTRAL, MOUNTAIN}),
        ("913", {CENTRAL}),
        ("928", {"America/Phoenix", MOUNTAIN}),
        ("906", {"America/Detroit", "America/Menominee"}),
        ("812", {"America/Indiana/Indianapolis", CENTRAL}),
        ("930", {"America/Indiana/Indianapolis", CENTRAL}),
        ("219", {"America/Indiana/Indianapolis", CENTRAL}),
        ("423", {EASTERN, CENTRAL}),
        ("729", {EASTERN, CENTRAL}),
        ("605", {CENTRAL, MOUNTAIN}),
        ("701", {CENTRAL, MOUNTAIN}),
        ("308", {CENTRAL, MOUNTAIN}),
    ],
)
def test_area_codes_of_two_zones_give_both_whatever_the_exchange(
    code: str, zones: set[str]
) -> None:
    for exchange in ("222", "555", "987"):
        assert zones <= set(of(f"+1{code}{exchange}0100").zones)


@pytest.mark.parametrize(
    ("code", "row"),
    [("305", "US-FL"), ("448", "US-FL"), ("401", "US-RI"), ("503", "US-OR"), ("512", "US-TX")],
)
def test_the_area_code_tells_the_state(code: str, row: str) -> None:
    assert of(f"+1{code}5550100").jurisdictions == ("US", row)


def test_a_state_without_rules_of_its_own_has_the_federal_ones() -> None:
    assert of("+12125550100").jurisdictions == ("US",)


@pytest.mark.parametrize(
    "profile",
    [
        {"region": "FL"},
        {"region": "us-fl"},
        {"region": " Florida "},
        {"postal_code": "33101"},
        {"postal_code": "33101-1234"},
        {"region": "unknown", "postal_code": "32801"},
    ],
    ids=str,
)
def test_where_profile_and_area_code_differ_the_rules_and_zones_of_both_apply(
    profile: dict[str, object],
) -> None:
    where = whereabouts(PhoneNumber("+15125550100"), "US", profile)
    assert where.jurisdictions == ("US", "US-FL", "US-TX")
    assert {EASTERN, CENTRAL} <= set(where.zones)
    assert where.basis is Basis.PROFILE_PLACE


@pytest.mark.parametrize(
    "profile", [{"region": "??"}, {"postal_code": "x"}, {"postal_code": "٣٣١٠١"}, {"region": 7}]
)
def test_a_place_that_says_nothing_changes_nothing(profile: dict[str, object]) -> None:
    assert whereabouts(PhoneNumber("+12065550100"), "US", profile) == of("+12065550100")


def test_an_unknown_state_has_the_strictest_rules_and_every_zone_of_the_country() -> None:
    where = of("+15005550100")
    assert where.jurisdictions == ("US", "US-UNKNOWN-STATE")
    assert {"Pacific/Honolulu", "America/Anchorage", EASTERN} <= set(where.zones)


def test_a_profile_time_zone_decides_the_zone_and_not_the_rules() -> None:
    where = of("+13055550100", time_zone="Pacific/Honolulu")
    assert where == Whereabouts(("US", "US-FL"), ("Pacific/Honolulu",), Basis.PROFILE_TIME_ZONE)


@pytest.mark.parametrize(
    "name", ["", "UTC", "Etc/UTC", "Etc/GMT+5", "EST5EDT", "Mars/Base", "../etc/passwd", "/etc/x"]
)
def test_a_time_zone_that_names_no_place_is_ignored(name: str) -> None:
    assert not is_place_zone(name)
    assert of("+12065550100", time_zone=name).zones == (PACIFIC,)


@pytest.mark.parametrize(
    ("number", "country", "rows"),
    [
        ("+33639981234", "FR", ("FR",)),
        ("+262692123456", "RE", ("FR",)),
        ("+447700900123", "GB", ("GB", "DEFAULT")),
        ("+447797700123", "JE", ("GB", "DEFAULT")),
        ("+46701234567", "SE", ("DEFAULT",)),
        ("+27711234567", "ZA", ("ZA",)),
        ("+17875550100", "PR", ("US",)),
    ],
)
def test_countries_have_their_row_and_the_default_where_none_was_verified(
    number: str, country: str, rows: tuple[str, ...]
) -> None:
    assert of(number, country).jurisdictions == rows


def test_a_mobile_number_tells_no_place_in_a_country_without_place_codes() -> None:
    assert {"Australia/Perth", "Australia/Sydney", "Australia/Lord_Howe"} <= set(
        of("+61491570156", "AU").zones
    )


def test_a_brazilian_mobile_number_tells_its_place() -> None:
    assert of("+5511961234567", "BR").zones == ("America/Sao_Paulo",)


def test_nothing_is_known_of_a_network_without_a_country() -> None:
    where = of("+883510012345", "001")
    assert (where.zones, where.basis) == ((), Basis.UNKNOWN)


def test_every_area_code_belongs_to_one_state_and_every_zone_exists() -> None:
    places = table("us_places")
    codes = [code for words in places["area_codes"].values() for code in words.split()]
    assert len(codes) == len(set(codes)) > 350
    zones = [*places["zones"].values(), *(each["zones"] for each in table("overlays")["complexes"])]
    assert all(is_place_zone(zone) for group in zones for zone in group)


def test_no_zip_prefix_belongs_to_two_states() -> None:
    ranges = sorted(table("us_places")["zip_prefixes"])
    assert all(first <= last for first, last, _ in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert {state for *_, state in ranges} == set(table("us_places")["zones"])

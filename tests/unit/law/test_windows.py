from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from assent.law.opening import Window
from assent.law.sources import table
from assent.law.windows import (
    LegalInstant,
    is_legal,
    next_legal_instant,
    rules_version,
    window_on,
)
from assent.law.zones import Basis, Whereabouts, whereabouts
from assent.phone import PhoneNumber


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def where(number: str, country: str = "US", **profile: object) -> Whereabouts:
    return whereabouts(PhoneNumber(number), country, profile)


@pytest.mark.parametrize(
    ("number", "country", "zone", "now", "then"),
    [
        pytest.param(
            "+12125550100",
            "US",
            "America/New_York",
            "2026-11-23T07:59",
            "2026-11-23T08:00",
            id="federal, before 8",
        ),
        pytest.param(
            "+12125550100",
            "US",
            "America/New_York",
            "2026-11-23T21:00",
            "2026-11-24T08:00",
            id="federal, at 21",
        ),
        pytest.param(
            "+13055550100",
            "US",
            "America/New_York",
            "2026-11-23T20:00",
            "2026-11-24T08:00",
            id="Florida ends at 20",
        ),
        pytest.param(
            "+15125550100",
            "US",
            "America/Chicago",
            "2026-11-22T09:00",
            "2026-11-22T12:00",
            id="Texas Sunday from noon",
        ),
        pytest.param(
            "+12055550100",
            "US",
            "America/Chicago",
            "2026-11-21T20:00",
            "2026-11-23T08:00",
            id="Alabama never on Sunday",
        ),
        pytest.param(
            "+12055550100",
            "US",
            "America/Chicago",
            "2026-11-26T10:00",
            "2026-11-27T08:00",
            id="Alabama not on Thanksgiving",
        ),
        pytest.param(
            "+14015550100",
            "US",
            "America/New_York",
            "2026-11-20T18:00",
            "2026-11-21T10:00",
            id="Rhode Island ends at 18",
        ),
        pytest.param(
            "+33639981234",
            "FR",
            "Europe/Paris",
            "2026-07-13T20:00",
            "2026-07-15T08:00",
            id="France rests on 14 July",
        ),
        pytest.param(
            "+27711234567",
            "ZA",
            "Africa/Johannesburg",
            "2026-08-08T13:00",
            "2026-08-11T08:00",
            id="South Africa Saturday 13 to Tuesday",
        ),
        pytest.param(
            "+46701234567",
            "SE",
            "Europe/Stockholm",
            "2026-11-22T09:00",
            "2026-11-22T12:00",
            id="house default on Sunday",
        ),
        pytest.param(
            "+919812345678",
            "IN",
            "Asia/Kolkata",
            "2026-11-23T09:59",
            "2026-11-23T10:00",
            id="India, half-hour offset",
        ),
        pytest.param(
            "+9779812345678",
            "NP",
            "Asia/Kathmandu",
            "2026-11-23T08:59",
            "2026-11-23T09:00",
            id="Nepal, quarter-hour offset",
        ),
    ],
)
def test_the_next_legal_instant(number: str, country: str, zone: str, now: str, then: str) -> None:
    found = next_legal_instant(where(number, country), local(zone, now))
    assert found == LegalInstant(local(zone, then).astimezone(UTC), "quiet_hours")


def test_a_legal_now_is_kept_to_the_microsecond() -> None:
    now = local("America/New_York", "2026-11-23T12:00:30.123456")
    assert next_legal_instant(where("+12125550100"), now) == LegalInstant(now, "open")


def test_every_candidate_zone_must_be_open() -> None:
    panhandle = where("+18505550100")
    found = next_legal_instant(panhandle, local("America/New_York", "2026-11-23T08:30"))
    assert found.at == local("America/Chicago", "2026-11-23T08:00")


def test_the_windows_of_all_jurisdictions_are_intersected() -> None:
    both = where("+15125550100", region="KY", time_zone="America/Chicago")
    monday, sunday = date(2026, 11, 23), date(2026, 11, 22)
    assert window_on(both.jurisdictions, monday) == Window(time(10), time(21))
    assert window_on(both.jurisdictions, sunday) == Window(time(12), time(21))


def test_arizona_and_the_navajo_nation_must_both_be_open_in_summer() -> None:
    found = next_legal_instant(where("+19285550100"), local("America/Phoenix", "2026-07-07T06:00"))
    assert found.at == local("America/Phoenix", "2026-07-07T08:00")
    evening = next_legal_instant(where("+19285550100"), local("America/Denver", "2026-07-07T21:00"))
    assert evening.at == local("America/Phoenix", "2026-07-08T08:00")


def test_nothing_is_legal_where_no_zone_is_known() -> None:
    nowhere = Whereabouts(("DEFAULT",), (), Basis.UNKNOWN)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert next_legal_instant(nowhere, now) == LegalInstant(None, "zone_unknown")
    assert not is_legal(nowhere, now)


def test_candidates_too_far_apart_have_no_common_hour() -> None:
    apart = Whereabouts(("US-RI",), ("Pacific/Auckland", "Europe/London"), Basis.NUMBER)
    found = next_legal_instant(apart, datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert found == LegalInstant(None, "no_common_hour")


@pytest.mark.parametrize("row", table("quiet_hours")["rules"], ids=lambda row: row["jurisdiction"])
def test_every_row_states_hours_for_each_day_and_where_they_come_from(
    row: dict[str, object],
) -> None:
    jurisdiction = str(row["jurisdiction"])
    assert row["source"] or row["confidence"] == "unverified"
    assert row["confidence"] in {"high", "medium", "low", "policy", "unverified"}
    week = [date(2026, 9, 21) + timedelta(days=day) for day in range(7)]
    assert any(window_on((jurisdiction,), day) for day in week)


def test_the_table_has_a_version() -> None:
    assert date.fromisoformat(rules_version())

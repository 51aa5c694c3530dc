from __future__ import annotations

from datetime import date

import pytest

from assent.law.holidays import easter, holidays
from assent.law.sources import table


@pytest.mark.parametrize(
    "sunday", ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2285-03-22"]
)
def test_easter_falls_on(sunday: str) -> None:
    day = date.fromisoformat(sunday)
    assert easter(day.year) == day


@pytest.mark.parametrize(
    ("jurisdiction", "day"),
    [
        pytest.param("US", "2026-01-19", id="third Monday of January"),
        pytest.param("US", "2026-05-25", id="last Monday of May"),
        pytest.param("US", "2026-11-26", id="fourth Thursday of November"),
        pytest.param("US", "2026-07-03", id="Friday for a Saturday"),
        pytest.param("US", "2022-06-20", id="Monday for a Sunday"),
        pytest.param("US", "2021-12-31", id="New Year's Day kept in the year before"),
        pytest.param("US-AL", "2026-04-27", id="a state's own"),
        pytest.param("US-AL", "2026-12-25", id="and the federal ones"),
        pytest.param("US-LA", "2026-02-17", id="Mardi Gras"),
        pytest.param("US-LA", "2026-11-27", id="day after Thanksgiving"),
        pytest.param("US-RI", "2026-08-10", id="Victory Day"),
        pytest.param("US-RI", "2026-11-03", id="election day"),
        pytest.param("US-UNKNOWN-STATE", "2026-08-10", id="any state's"),
        pytest.param("FR", "2026-04-06", id="Easter Monday"),
        pytest.param("FR", "2026-05-14", id="Ascension"),
        pytest.param("FR", "2026-07-14", id="fixed"),
        pytest.param("BR", "2026-06-04", id="Corpus Christi"),
        pytest.param("ZA", "2026-08-10", id="Women's Day kept on Monday"),
        pytest.param("CZ", "2026-09-28", id="St Wenceslas"),
    ],
)
def test_nothing_is_sent_on(jurisdiction: str, day: str) -> None:
    of_year = holidays(jurisdiction, int(day[:4]))
    assert date.fromisoformat(day) in of_year


@pytest.mark.parametrize(
    ("jurisdiction", "day"),
    [("US", "2026-11-25"), ("US-RI", "2027-11-02"), ("FR", "2026-07-13"), ("GB", "2026-12-25")],
)
def test_no_holiday_is(jurisdiction: str, day: str) -> None:
    assert date.fromisoformat(day) not in holidays(jurisdiction, int(day[:4]))


def test_every_row_that_forbids_holidays_has_a_calendar() -> None:
    forbidding = {
        row["jurisdiction"]
        for row in table("quiet_hours")["rules"]
        if row["public_holidays"] == "blocked"
    }
    assert forbidding <= set(table("holidays")["calendars"])


def test_every_calendar_names_its_source() -> None:
    assert all(calendar["source"] for calendar in table("holidays")["calendars"].values())

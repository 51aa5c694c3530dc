"""The search beside the plainest oracle there is: look at every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assent.law.opening import Window, first_common_opening, is_open

if TYPE_CHECKING:
    from assent.law.opening import Hours

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Each with an instant near which its clock is moved (or was): spring gaps, autumn folds, half-hour
# changes, changes at midnight, a skipped day, a midnight that came twice.
MOVES = {
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Europe/London": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "America/Sao_Paulo": ["2018-11-04T03:00", "2019-02-17T02:00"],
    "Asia/Beirut": ["2026-03-28T22:00", "2026-10-24T21:00"],
    "Africa/Cairo": ["2026-04-23T22:00", "2026-10-29T21:00"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00"],
    "Africa/Casablanca": ["2026-02-15T02:00", "2026-03-22T02:00"],
    "Pacific/Apia": ["2011-12-30T10:00"],
    "Asia/Kathmandu": ["2026-06-01T00:00"],
    "America/Phoenix": ["2026-03-08T09:00"],
    "America/Denver": ["2026-03-08T09:00"],
    "America/St_Johns": ["2010-11-07T02:31"],
}
moments = st.sampled_from([(zone, at) for zone, all_at in MOVES.items() for at in all_at])
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def windows(draw: st.DrawFn) -> Window | None:
    opens, closes = sorted((draw(times), draw(times)))
    return Window(opens, closes) if opens < closes else None


@settings(max_examples=120, deadline=None)
@given(moments, st.integers(-2000, 1500), st.lists(windows(), min_size=3, max_size=3))
def test_no_earlier_minute_is_open_and_the_found_one_is(
    moment: tuple[str, str], minutes: int, week: list[Window | None]
) -> None:
    _assert_first(week, [moment[0]], _near(moment, minutes))


@settings(max_examples=60, deadline=None)
@given(
    moments,
    st.integers(-2000, 1500),
    st.sets(st.sampled_from(sorted(MOVES)), max_size=3),
    st.lists(windows(), min_size=2, max_size=2),
)
def test_no_earlier_minute_is_open_in_all_of_several_zones(
    moment: tuple[str, str], minutes: int, others: set[str], week: list[Window | None]
) -> None:
    _assert_first(week, sorted({moment[0], *others}), _near(moment, minutes))


def _near(moment: tuple[str, str], minutes: int) -> datetime:
    return datetime.fromisoformat(moment[1]).replace(tzinfo=UTC) + minutes * MINUTE


def _assert_first(week: list[Window | None], names: list[str], start: datetime) -> None:
    assume(any(week))
    zones, deadline = [ZoneInfo(name) for name in names], start + 2 * DAY

    def hours(day: date) -> Window | None:
        return week[day.toordinal() % len(week)]

    found = first_common_opening(hours, zones, start, deadline)
    assert found == _by_minute(hours, zones, start, deadline)


def _by_minute(
    hours: Hours, zones: list[ZoneInfo], start: datetime, deadline: datetime
) -> datetime | None:
    minute = start
    while minute < deadline:
        walls = [minute.astimezone(zone) for zone in zones]
        todays = [hours(wall.date()) for wall in walls]
        if all(
            window is not None and window.opens <= wall.time() < window.closes
            for window, wall in zip(todays, walls, strict=True)
        ):
            return minute
        minute += MINUTE
    return None


def every_day(opens: str, closes: str) -> Hours:
    window = Window(time.fromisoformat(opens), time.fromisoformat(closes))
    return lambda _day: window


@pytest.mark.parametrize(
    ("zone", "hours", "now", "then"),
    [
        pytest.param(
            "America/New_York",
            ("02:30", "04:00"),
            "2026-03-08T06:00",
            "2026-03-08T07:00",
            id="an opening inside the gap comes at the end of the gap",
        ),
        pytest.param(
            "America/New_York",
            ("01:30", "01:45"),
            "2026-11-01T05:50",
            "2026-11-01T06:30",
            id="an opening inside the fold comes a second time",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            ("02:10", "03:00"),
            "2026-10-03T15:00",
            "2026-10-03T15:30",
            id="a gap of half an hour",
        ),
        pytest.param(
            "America/Sao_Paulo",
            ("00:00", "02:00"),
            "2018-11-04T02:00",
            "2018-11-04T03:00",
            id="a day without midnight",
        ),
        pytest.param(
            "Pacific/Apia",
            ("09:00", "10:00"),
            "2011-12-29T21:00",
            "2011-12-30T19:00",
            id="a day that was skipped",
        ),
    ],
)
def test_clocks_that_are_moved(zone: str, hours: tuple[str, str], now: str, then: str) -> None:
    start = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = first_common_opening(every_day(*hours), [ZoneInfo(zone)], start, start + 5 * DAY)
    assert found == datetime.fromisoformat(then).replace(tzinfo=UTC)
    assert is_open(every_day(*hours), ZoneInfo(zone), found)


def test_without_an_open_instant_before_the_deadline_there_is_none() -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    utc = [ZoneInfo("UTC")]
    assert first_common_opening(lambda _day: None, utc, start, start + DAY) is None
    assert (
        first_common_opening(every_day("09:00", "10:00"), utc, start, start + 9 * 60 * MINUTE)
        is None
    )

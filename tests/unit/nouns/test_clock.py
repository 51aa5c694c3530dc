"""Instants are written in one fixed width, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.clock import SystemClock, iso, parse_iso

instants = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1))  # noqa: DTZ001 - hypothesis wants a naive bound


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    paris_winter = timezone(timedelta(hours=1))
    assert iso(datetime(2026, 11, 23, 10, 5, tzinfo=paris_winter)) == "2026-11-23T09:05:00.000000Z"


@given(instants, instants)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (iso(one) < iso(other)) == (one < other)


@given(instants)
def test_what_is_written_reads_back(instant: datetime) -> None:
    assert parse_iso(iso(instant)) == instant


@pytest.mark.parametrize("naive", ["2026-11-23T09:05:00", "2026-11-23", "noon"])
def test_a_text_without_an_offset_names_no_instant(naive: str) -> None:
    with pytest.raises(ValueError, match=r"offset|Invalid"):
        parse_iso(naive)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        iso(datetime(2026, 11, 23))  # noqa: DTZ001 - the case under test


def test_the_system_clock_is_aware_and_never_waits_backwards() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(-1)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before

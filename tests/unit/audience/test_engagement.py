"""What is kept of a person's acts is small, survives packing, and never says too much."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.audience.engagement import MAX_DAYS, Activity, day_of, packed, plus_all, unpacked
from tests.unit.audience.people import NOW

ages = st.lists(st.integers(0, 700), min_size=1, max_size=60)


def made(days_ago: list[int]) -> Activity:
    activity = plus_all(None, [NOW - timedelta(days=age) for age in days_ago])
    assert activity is not None
    return activity


@settings(deadline=None)
@given(ages, st.integers(1, 366))
def test_a_window_never_counts_more_than_there_was(days_ago: list[int], window: int) -> None:
    true = sum(age < window for age in days_ago)
    counted = made(days_ago).count(NOW, window)
    assert counted <= true
    if len(set(days_ago)) <= MAX_DAYS:
        assert counted == true


@settings(deadline=None)
@given(ages)
def test_packing_loses_nothing_and_is_small(days_ago: list[int]) -> None:
    activity = made(days_ago)
    assert unpacked(packed(activity)) == activity
    assert len(packed(activity)) <= 31
    assert activity.total == len(days_ago)
    assert activity.last_at == NOW - timedelta(days=min(days_ago))


def test_a_daily_visitor_is_still_known_as_one_after_months() -> None:
    activity = made(list(range(120)))
    assert activity.count(NOW, 1) == 1
    assert activity.count(NOW, 30) >= 15
    assert activity.count(NOW, 120) == 120


@pytest.mark.parametrize("order", [(0, 5, 9), (9, 0, 5)])
def test_the_order_in_which_acts_become_known_is_no_matter(order: tuple[int, ...]) -> None:
    assert made(list(order)) == made(sorted(order))
    assert made(list(order)).days[-1][0] == day_of(NOW)

"""One number, several campaigns and people who wait for a reply: never over, hardly under, fair."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assent.campaigns import turns
from tests.unit.campaigns.street import REPLIES, SECOND, Plan, Street

THREE = [Plan("c_1"), Plan("c_2"), Plan("c_3")]
plans = st.lists(
    st.builds(
        Plan,
        st.just(""),
        st.integers(1, 3),
        st.integers(20, 400),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(4, 120),
    plans,
    st.integers(0, 2**32),
    st.integers(1, 12_000),
    st.sampled_from([0.0, 0.02, 0.1]),
)
def test_no_second_is_over_whoever_is_late_and_whoever_hands_over_to_whom(
    rate: int, plans: list[Plan], seed: int, jitter: int, stalls: float
) -> None:
    named = [Plan(f"c_{n}", p.children, p.batch, p.width) for n, p in enumerate(plans)]
    chance = Random(seed)  # noqa: S311 - no secret
    street = Street(rate, named, chance, jitter, stalls, replies_a_second=rate / 20).run(15)
    assert street.busiest_second() <= rate


@pytest.mark.parametrize("rate", [20, 50, 100])
@pytest.mark.parametrize("replies", [0, 2])
def test_98_percent_is_held_while_workers_hand_over_and_wake_a_little_late(
    rate: int, replies: int
) -> None:
    street = Street(rate, THREE, Random(1), jitter=2_000, replies_a_second=replies).run(100)  # noqa: S311
    assert street.busiest_second() <= rate
    assert street.held() >= 0.98


@pytest.mark.parametrize("seed", range(3))
def test_three_campaigns_share_a_number_by_thirds_and_none_waits_for_long(seed: int) -> None:
    street = Street(100, THREE, Random(seed), replies_a_second=2).run(300)  # noqa: S311
    parts = [street.parts_of(plan.name) for plan in THREE]
    assert all(0.28 <= part / sum(parts) <= 0.39 for part in parts)
    # A batch is 10 s of the rate, so a round of three is 30 s.
    assert max(street.longest_silence(plan.name) for plan in THREE) <= 45


def test_whoever_waits_for_a_reply_is_served_before_the_campaigns() -> None:
    street = Street(100, THREE, Random(5), replies_a_second=5).run(100)  # noqa: S311
    assert street.parts_of(REPLIES) > 40
    assert street.unanswered == 0
    assert max(street.waits) < 2.5 * SECOND


def test_the_street_would_notice_campaigns_that_do_not_take_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "_SOONER", 0)
    street = Street(100, THREE, Random(0)).run(300)  # noqa: S311
    assert max(street.longest_silence(plan.name) for plan in THREE) > 45

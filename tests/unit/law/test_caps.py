from __future__ import annotations

from datetime import timedelta

import pytest

from assent.law.caps import rolling_caps
from assent.law.zones import whereabouts
from assent.phone import PhoneNumber


@pytest.mark.parametrize("code", ["305", "405", "410", "503"], ids=["FL", "OK", "MD", "OR"])
def test_four_states_allow_three_texts_in_24_hours(code: str) -> None:
    (cap,) = rolling_caps(whereabouts(PhoneNumber(f"+1{code}5550100"), "US", {}))
    assert (cap.max_texts, cap.span) == (3, timedelta(hours=24))
    assert cap.source


def test_a_state_without_a_cap_has_none() -> None:
    assert rolling_caps(whereabouts(PhoneNumber("+12065550100"), "US", {})) == ()


def test_the_caps_of_area_code_and_profile_both_bind() -> None:
    caps = rolling_caps(whereabouts(PhoneNumber("+13055550100"), "US", {"region": "OR"}))
    assert [cap.jurisdiction for cap in caps] == ["US-FL", "US-OR"]


def test_an_unknown_state_has_the_cap_of_the_strictest() -> None:
    caps = rolling_caps(whereabouts(PhoneNumber("+15005550100"), "US", {}))
    assert [cap.max_texts for cap in caps] == [3]

"""The ready classes part everybody who is confirmed to a programme, and nobody else is in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.audience.classes import members
from assent.audience.engagement import Act, plus_all
from assent.audience.rules import ReadyClass, compile_rule, parse
from assent.consent.model import Consent, ConsentStatus
from assent.errors import InvalidSegmentError
from assent.programmes.model import ReadyClasses
from tests.unit.audience.people import NOW, WEEKLY, person

if TYPE_CHECKING:
    from assent.audience.subscriber import Subscriber

CLASSES = ReadyClasses(new_days=30, inactive_days=90, vip_purchases=3, vip_days=365)


def known(confirmed_days_ago: int, **acts: list[int]) -> Subscriber:
    consent = Consent(ConsentStatus.CONFIRMED, 1, NOW - timedelta(days=confirmed_days_ago))
    engagement = {}
    for name, ages in acts.items():
        activity = plus_all(None, [NOW - timedelta(days=age) for age in ages])
        if activity is not None:
            engagement[Act(name)] = activity
    somebody = person()
    standing = replace(somebody.standing, consents={WEEKLY: consent})
    return replace(somebody, standing=standing, engagement=engagement)


def classes_of(subscriber: Subscriber) -> list[str]:
    return [
        name.value
        for name in ReadyClass
        if compile_rule(members(name, WEEKLY, CLASSES))(subscriber, NOW)
    ]


@pytest.mark.parametrize(
    ("subscriber", "expected"),
    [
        (known(10), "new"),
        (known(10, purchased=[1, 2, 3]), "vip"),
        (known(100, purchased=[1, 2]), "regular"),
        (known(400, purchased=[366, 10, 20]), "regular"),
        (known(100, replied=[89]), "regular"),
        (known(100, replied=[91]), "inactive"),
        (known(100), "inactive"),
    ],
    ids=["new", "vip first", "few", "long ago", "active", "asleep", "silent"],
)
def test_a_person_is_in_one_class(subscriber: Subscriber, expected: str) -> None:
    assert classes_of(subscriber) == [expected]


days = st.lists(st.integers(0, 500), max_size=6)


@settings(deadline=None)
@given(st.integers(0, 500), days, days, days)
def test_whoever_confirmed_is_in_exactly_one(
    confirmed: int, bought: list[int], clicked: list[int], visited: list[int]
) -> None:
    somebody = known(confirmed, purchased=bought, clicked=clicked, visited=visited)
    assert len(classes_of(somebody)) == 1


def test_who_did_not_confirm_is_in_none() -> None:
    somebody = known(10, purchased=[1, 2, 3])
    asked = {WEEKLY: Consent(ConsentStatus.PENDING, 1, NOW)}
    assert classes_of(replace(somebody, standing=replace(somebody.standing, consents=asked))) == []


def test_a_class_without_thresholds_asks_nobody() -> None:
    with pytest.raises(InvalidSegmentError, match="thresholds"):
        compile_rule(parse({"class": "vip", "programme": "weekly"}))

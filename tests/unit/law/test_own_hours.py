"""A sender's own hours narrow what the law permits, on every day and through moved clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assent.law.windows import is_legal, next_legal_instant
from assent.law.zones import Basis, Whereabouts

NEW_YORK = Whereabouts(("US",), ("America/New_York",), Basis.PROFILE_TIME_ZONE)
LATER = replace(NEW_YORK, own_hours=("10:00", "18:00"))
WIDER = replace(NEW_YORK, own_hours=("00:00", "23:59"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-23T13:00", "2026-11-23T15:00"),
        ("2026-11-23T15:00", "2026-11-23T15:00"),
        ("2026-11-23T23:00", "2026-11-24T15:00"),
        ("2026-03-08T13:00", "2026-03-08T14:00"),
        ("2026-11-01T13:00", "2026-11-01T15:00"),
    ],
    ids=["legal and too early", "open", "legal and too late", "clock set on", "clock set back"],
)
def test_both_must_be_open(now: str, then: str) -> None:
    assert is_legal(NEW_YORK, at(now))
    assert next_legal_instant(LATER, at(now)).at == at(then)


def test_wider_hours_than_the_laws_change_nothing() -> None:
    for hour in range(24):
        instant = datetime(2026, 11, 23, hour, tzinfo=UTC)
        assert next_legal_instant(WIDER, instant) == next_legal_instant(NEW_YORK, instant)


def test_hours_apart_from_the_laws_leave_none() -> None:
    night = replace(NEW_YORK, own_hours=("22:00", "23:00"))
    assert next_legal_instant(night, at("2026-11-23T15:00")).at is None

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.evidence.history import HistoryEntry, fold
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.chains import DEALS, NEWS, chain

if TYPE_CHECKING:
    from assent.evidence.history import ConsentAt
    from tests.unit.evidence.chains import Step

ASKED: Step = (EventType.REQUESTED, DEALS)
CONFIRMED: Step = (EventType.CONFIRMED, DEALS)
STOPPED: Step = (EventType.WITHDRAWN, None)
LATER = NOON + timedelta(days=1)


def at(instant: datetime, *steps: Step) -> ConsentAt:
    entries = [HistoryEntry(event, evidence, is_intact=True) for event, evidence in chain(*steps)]
    return fold(entries, DEALS, instant)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        pytest.param([], ConsentStatus.NONE, id="never heard of"),
        pytest.param([ASKED], ConsentStatus.PENDING, id="asked"),
        pytest.param(
            [ASKED, (EventType.CONFIRMATION_TEXTED, DEALS)], ConsentStatus.PENDING, id="texted"
        ),
        pytest.param([ASKED, CONFIRMED], ConsentStatus.CONFIRMED, id="confirmed"),
        pytest.param([ASKED, (EventType.EXPIRED, DEALS)], ConsentStatus.EXPIRED, id="expired"),
        pytest.param([ASKED, CONFIRMED, STOPPED], ConsentStatus.WITHDRAWN, id="stopped brand-wide"),
        pytest.param(
            [ASKED, CONFIRMED, (EventType.WITHDRAWN, NEWS)],
            ConsentStatus.CONFIRMED,
            id="left another",
        ),
        pytest.param(
            [ASKED, CONFIRMED, STOPPED, (EventType.START_REFUSED, None)],
            ConsentStatus.WITHDRAWN,
            id="start refused",
        ),
        pytest.param(
            [ASKED, CONFIRMED, STOPPED, (EventType.REQUEST_DECLINED, DEALS)],
            ConsentStatus.WITHDRAWN,
            id="declined request",
        ),
        pytest.param([STOPPED], ConsentStatus.WITHDRAWN, id="stop of a stranger"),
    ],
)
def test_status_is_what_the_events_come_to(steps: list[Step], status: ConsentStatus) -> None:
    assert at(LATER, *steps).status is status


def test_the_answer_is_as_of_the_instant() -> None:
    steps = [ASKED, CONFIRMED, STOPPED]
    found = [
        at(NOON + timedelta(seconds=s), *steps).status.value for s in (-1, 0, 59, 60, 119, 120)
    ]
    assert found == ["none", "pending", "pending", "confirmed", "confirmed", "withdrawn"]


def test_the_deciding_event_is_named() -> None:
    decided_by = at(LATER, ASKED, CONFIRMED, (EventType.HELD, None)).decided_by
    assert decided_by is not None
    assert decided_by.event.type is EventType.CONFIRMED


def test_a_hold_rests_marketing_until_it_is_released() -> None:
    held, released = (EventType.HELD, None), (EventType.RELEASED, None)
    assert at(LATER, ASKED, CONFIRMED).may_be_texted
    assert not at(LATER, ASKED, CONFIRMED, held).may_be_texted
    assert at(LATER, ASKED, CONFIRMED, held, released).may_be_texted


def test_pending_is_not_consent() -> None:
    assert not at(LATER, ASKED).may_be_texted


def test_fold_follows_the_chain_even_if_a_clock_was_behind() -> None:
    (asked, _), (confirmed, _) = chain(ASKED, CONFIRMED)
    late = replace(confirmed, at=asked.at - timedelta(seconds=1))
    entries = [HistoryEntry(event, None, is_intact=True) for event in (asked, late)]
    assert fold(entries, DEALS, LATER).status is ConsentStatus.CONFIRMED

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus, Standing
from assent.errors import HistoryCutOffError
from assent.evidence.history import AsOf, HistoryEntry, HistoryService, fold
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.chains import ANN, DEALS, NEWS, OPEN_FOR, chain, without_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.history import ConsentAt
    from assent.identifiers import SubscriberKey
    from tests.unit.evidence.chains import Step

ASKED: Step = (EventType.REQUESTED, DEALS)
CONFIRMED: Step = (EventType.CONFIRMED, DEALS)
STOPPED: Step = (EventType.WITHDRAWN, None)
LATER = NOON + timedelta(days=1)
PHONE = PhoneNumber.stored("+16125550103")


def at(instant: datetime, *steps: Step) -> ConsentAt:
    entries = [HistoryEntry(event, evidence, is_intact=True) for event, evidence in chain(*steps)]
    return fold(entries, DEALS, AsOf(instant))


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
        pytest.param([STOPPED], ConsentStatus.NONE, id="stop of a stranger"),
        pytest.param(
            [ASKED, CONFIRMED, STOPPED, CONFIRMED],
            ConsentStatus.WITHDRAWN,
            id="a code cannot lift a stop",
        ),
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


def test_an_act_counts_from_the_time_at_which_it_was_done() -> None:
    history = chain(ASKED, CONFIRMED, STOPPED)
    (stop, _) = history[2]
    done_at = stop.at - timedelta(seconds=30)
    late = [*history[:2], (replace(stop, provider_at=done_at), None)]
    entries = [HistoryEntry(event, evidence, is_intact=True) for event, evidence in late]
    assert not fold(entries, DEALS, AsOf(done_at)).may_be_texted
    assert fold(entries, DEALS, AsOf(done_at - timedelta(microseconds=1))).may_be_texted


def test_a_request_that_nobody_answered_is_over_by_itself() -> None:
    assert at(NOON + OPEN_FOR, ASKED).status is ConsentStatus.EXPIRED


def test_a_stop_of_a_stranger_stands_against_every_programme() -> None:
    assert at(LATER, STOPPED).stopped
    assert not at(LATER, STOPPED).may_be_texted


class TestHistoryService:
    def test_every_event_is_returned_with_its_evidence_in_order(self) -> None:
        entries = service(chain(ASKED, CONFIRMED)).history(PHONE)
        assert [entry.event.seq for entry in entries] == [1, 2]
        assert all(entry.is_intact and entry.evidence for entry in entries)

    def test_a_number_never_seen_has_an_empty_history(self) -> None:
        assert service([]).history(PHONE) == []

    def test_an_altered_event_breaks_its_successor(self) -> None:
        (asked, proof), *rest = chain(ASKED, CONFIRMED)
        altered = [(replace(asked, epoch=9), proof), *rest]
        assert [e.is_intact for e in service(altered).history(PHONE)] == [True, False]

    def test_altered_evidence_is_noticed(self) -> None:
        (asked, proof), *rest = chain(ASKED, CONFIRMED)
        assert proof is not None
        altered = [(asked, replace(proof, facts={"reply": "NO"})), *rest]
        assert [e.is_intact for e in service(altered).history(PHONE)] == [False, True]

    def test_a_missing_event_is_noticed(self) -> None:
        assert [e.is_intact for e in service(chain(ASKED, CONFIRMED)[1:]).history(PHONE)] == [False]

    def test_erased_evidence_leaves_the_chain_intact(self) -> None:
        erased = without_evidence(chain(ASKED, CONFIRMED))
        assert all(entry.is_intact for entry in service(erased).history(PHONE))

    def test_an_event_cut_off_at_the_end_is_noticed(self) -> None:
        whole = chain(ASKED, CONFIRMED, STOPPED)
        entries = service(whole[:-1], tip=whole).history(PHONE)
        assert [entry.is_intact for entry in entries] == [True, False]

    def test_a_last_event_put_in_anothers_place_is_noticed(self) -> None:
        whole, other = chain(ASKED, STOPPED), chain(ASKED, CONFIRMED)
        assert [e.is_intact for e in service(other, tip=whole).history(PHONE)] == [True, False]

    def test_a_history_that_is_gone_altogether_is_no_empty_one(self) -> None:
        with pytest.raises(HistoryCutOffError):
            service([], tip=chain(ASKED)).history(PHONE)

    def test_an_event_written_while_the_history_is_read_is_no_fault(self) -> None:
        whole = chain(ASKED, CONFIRMED)
        assert all(e.is_intact for e in service(whole, tip=whole[:-1]).history(PHONE))

    def test_consent_is_asked_for_by_number(self) -> None:
        found = service(chain(ASKED, CONFIRMED)).consent_at(PHONE, DEALS, LATER)
        assert found.may_be_texted


def service(
    history: Sequence[tuple[ConsentEvent, Evidence | None]],
    tip: Sequence[tuple[ConsentEvent, Evidence | None]] = (),
) -> HistoryService:
    """With `tip`, the standing names the last of these events."""
    return HistoryService(_OneHistory(history, tip), _OneKey())


class _OneKey:
    """PhoneKeys that know one person."""

    def key_of(self, phone: PhoneNumber) -> SubscriberKey:
        assert phone == PHONE
        return ANN

    def mac(self, purpose: str, text: str) -> str:
        raise AssertionError(purpose, text)


class _OneHistory:
    """The two questions that a history asks of a consent store."""

    def __init__(
        self,
        history: Sequence[tuple[ConsentEvent, Evidence | None]],
        tip: Sequence[tuple[ConsentEvent, Evidence | None]],
    ) -> None:
        self._history = history
        self._tip = tip[-1][0] if tip else None

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        if self._tip is None:
            return None
        return Standing(subscriber_key, PHONE, seq=self._tip.seq, head_hash=self._tip.hash)

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        assert subscriber_key == ANN
        return self._history

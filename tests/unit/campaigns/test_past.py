"""Why a text came and why none did, answered for an instant that has passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from assent.audience.rules import Everyone, Not
from assent.campaigns.may_send import Verdict
from assent.campaigns.model import QuietHours
from assent.campaigns.past import Subject, decide_then
from assent.campaigns.trace import Rule
from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.evidence.history import HistoryEntry
from assent.identifiers import CampaignId
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from tests.unit.campaigns.world import (
    NOON,
    OFFERS,
    PROGRAMME,
    definition,
    key_of,
    person,
    phone_of,
    running,
)

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)
NOW = NOON + 10 * DAY
ASKED, AGREED = NOON - 60 * DAY, NOON - 60 * DAY + timedelta(minutes=5)


def event(
    seq: int,
    kind: EventType,
    at: datetime,
    evidence: dict[str, str | int | bool | None] | None = None,
    **facts: object,
) -> HistoryEntry:
    brand_wide = (EventType.WITHDRAWN, EventType.HELD, EventType.PREFERENCES_CHANGED)
    programme_id = None if kind in brand_wide else OFFERS
    told = ConsentEvent(
        key_of(1), seq, kind, at, Source.FORM, programme_id, 1, "d", "p", facts=facts
    )
    return HistoryEntry(told, None if evidence is None else Evidence("00", evidence), True)


def history(*more: HistoryEntry) -> list[HistoryEntry]:
    expires_at = (ASKED + 3 * DAY).isoformat()
    asked = event(1, EventType.REQUESTED, ASKED, expires_at=expires_at)
    return [asked, event(2, EventType.CONFIRMED, AGREED), *more]


def text(at: datetime, campaign: str = "c_0") -> LedgerRow:
    return LedgerRow(
        key_of(1), at, Purpose.CAMPAIGN, Outcome.SENT, "Hi", 1, CampaignId(campaign), OFFERS
    )


def subject(*more: HistoryEntry, texts: tuple[LedgerRow, ...] = (), **profile: object) -> Subject:
    """Somebody who has left by today, whatever was then."""
    today = replace(person(1, consents=MappingProxyType({})), profile={**profile})
    return Subject(key_of(1), phone_of(1), history(*more), texts, today)


def decided(someone: Subject, at: datetime = NOON, **campaign: object) -> tuple[Verdict, str, bool]:
    found = decide_then(someone, running(**campaign), PROGRAMME, at, NOW)
    return found.verdict, found.reason, found.is_exact


STOP = event(3, EventType.WITHDRAWN, NOON + DAY)


def test_who_had_agreed_then_might_be_texted_whatever_they_did_since() -> None:
    assert decided(subject(STOP))[:2] == (Verdict.MAY, "permitted")


def test_who_had_stopped_by_then_might_not_and_that_is_exact() -> None:
    assert decided(subject(STOP), NOON + 2 * DAY) == (Verdict.NO, "stopped", True)


def test_who_had_not_agreed_yet_might_not() -> None:
    early = replace(running().require_frozen(), launched_at=ASKED)
    found = decided(subject(), ASKED + timedelta(minutes=1), frozen=early)
    assert found == (Verdict.NO, "not_confirmed", True)


def test_a_text_recorded_by_the_carrier_before_it_was_heard_counts_from_when_it_was_heard() -> None:
    late = replace(STOP.event, provider_at=NOON - DAY)
    someone = subject(replace(STOP, event=late))
    assert decided(someone)[1] == "permitted"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(EventType.HELD, "held"), (EventType.RESTRICTED, "restricted")],
    ids=["held", "restricted"],
)
def test_what_stood_against_all_marketing_then_is_told(kind: EventType, reason: str) -> None:
    someone = subject(event(3, kind, NOON - DAY, reason="ambiguous"))
    assert decided(someone) == (Verdict.NO, reason, True)


def test_a_pause_is_read_from_its_own_proof() -> None:
    pause = event(3, EventType.PREFERENCES_CHANGED, NOON - DAY, {"paused_until": "2026-12-24"})
    ended = event(4, EventType.PREFERENCES_CHANGED, NOON + DAY, {"paused_until": ""})
    assert decided(subject(pause, ended)) == (Verdict.NO, "paused", True)
    assert decided(subject(pause, ended), NOON + 2 * DAY)[1] == "permitted"


def test_a_choice_whose_proof_was_erased_is_not_exact() -> None:
    gone = event(3, EventType.PREFERENCES_CHANGED, NOON - DAY)
    found = decide_then(subject(gone), running(), PROGRAMME, NOON, NOW)
    unsure = {each.check.rule for each in found.checks if "profile" in each.as_of_now}
    assert {Rule.PAUSE, Rule.PROMISE} <= unsure


def test_texts_of_the_thirty_days_before_are_counted_and_later_ones_are_not() -> None:
    four = [text(NOON - n * DAY, f"c_{n}0") for n in range(1, 5)]
    assert decided(subject(texts=tuple(four)))[1] == "frequency_promise"
    later = [text(NOON + n * DAY, f"c_{n}0") for n in range(1, 5)]
    assert decided(subject(texts=tuple(later)))[1] == "permitted"


def test_the_maximum_that_was_chosen_then_counts() -> None:
    chose = event(3, EventType.PREFERENCES_CHANGED, NOON - DAY, {"max_per_month": "1"})
    found = decided(subject(chose, texts=(text(NOON - DAY),), max_per_month=4))
    assert found == (Verdict.NO, "frequency_choice", True)


def test_texts_older_than_are_kept_make_the_counts_inexact() -> None:
    old = replace(running().require_frozen(), launched_at=NOW - 500 * DAY)
    kept = subject()
    found = decide_then(
        replace(kept, history=[]), running(frozen=old), PROGRAMME, NOW - 499 * DAY, NOW
    )
    assert found.reason == "not_confirmed"
    (claim,) = (each for each in found.checks if each.check.rule is Rule.CLAIM)
    assert claim.as_of_now == ("texts",)


def test_its_own_text_is_not_held_against_it_and_is_shown() -> None:
    mine = replace(text(NOON, "c_1"), decision="1 a+")
    found = decide_then(subject(texts=(mine,)), running(), PROGRAMME, NOON, NOW)
    assert (found.reason, found.recorded) == ("permitted", mine)
    assert decided(subject(texts=(mine,)), NOON + DAY)[1] == "already_claimed"


def test_before_its_launch_and_after_its_end_a_campaign_texts_nobody() -> None:
    for at in (NOON - DAY, NOON + 40 * DAY):
        assert decided(subject(), at) == (Verdict.NO, "not_under_way", True)
    assert decided(subject(), frozen=None)[1] == "not_under_way"


@pytest.mark.parametrize(
    ("change", "programme", "reason", "exact"),
    [
        ({"frozen": replace(running().require_frozen(), rule=Not(Everyone()))}, {}, "segment", 0),
        ({"definition": definition(hold_out_percent=100)}, {}, "held_out", 1),
        ({}, {"countries": ("DE",)}, "country", 0),
    ],
    ids=["segment", "held out", "country"],
)
def test_who_was_no_candidate_is_told_so(
    change: dict[str, object], programme: dict[str, object], reason: str, exact: int
) -> None:
    terms = replace(PROGRAMME, **programme)  # type: ignore[arg-type]
    found = decide_then(subject(), running(**change), terms, NOON, NOW)
    assert (found.verdict, found.reason, found.is_exact) == (Verdict.NO, reason, bool(exact))


def test_an_opt_out_is_told_before_a_segment() -> None:
    change = replace(running().require_frozen(), rule=Not(Everyone()))
    assert decided(subject(STOP), NOON + 2 * DAY, frozen=change)[1] == "stopped"


def test_the_hours_are_those_of_todays_table_unless_they_were_overridden() -> None:
    found = decide_then(subject(), running(), PROGRAMME, NOON + timedelta(hours=12), NOW)
    assert (found.verdict, found.reason, found.is_exact) == (Verdict.LATER, "quiet_hours", False)
    override = definition(quiet_hours=QuietHours.OVERRIDE)
    window = decide_then(subject(), running(definition=override), PROGRAMME, NOON, NOW).checks
    assert [e.as_of_now for e in window if e.check.rule is Rule.WINDOW] == [()]


def test_a_number_never_seen_never_agreed() -> None:
    nobody = Subject(key_of(9), phone_of(9), [], [], None)
    assert decided(nobody) == (Verdict.NO, "not_confirmed", True)

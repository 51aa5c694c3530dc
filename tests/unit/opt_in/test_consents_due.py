"""A consent is asked for anew after its time; silence ends it only where the programme says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus, Hold
from assent.consent.policy import OptInReason
from assent.messages.ledger import Outcome, Purpose, SendResult
from assent.opt_in.lifecycle import Done
from assent.programmes.model import OptInTerms
from tests.fakes.recording_sms_sender import RecordingSmsSender
from tests.unit.opt_in.due_world import KEY, OFFERS, PHONE, DueWorld

YEARLY = OptInTerms(reconfirm_after_days=365)
OR_ELSE = OptInTerms(reconfirm_after_days=365, expires_on_silence=True)


def a_year_on(terms: OptInTerms = YEARLY) -> DueWorld:
    world = DueWorld(terms)
    world.subscribe()
    world.later(days=365)
    return world


def test_a_programme_that_never_asks_anew_passes_its_people_by() -> None:
    world = DueWorld()
    world.subscribe()
    for _ in range(4):
        world.later(days=365)
        assert world.run() == [Done.WAITS]
    assert world.sender.texts == []


def test_a_consent_is_asked_for_anew_after_its_days_and_not_before() -> None:
    world = DueWorld(YEARLY)
    world.subscribe()
    world.later(days=364)
    assert world.run() == [Done.WAITS]
    world.later(hours=23)
    assert world.run() == []
    world.later(hours=1)
    assert world.run() == [Done.ASKED_ANEW]
    (text,) = world.sender.texts
    for element in ("Brew & Bloom", "Weekly offers", "YES", "8 msgs/month", "HELP", "STOP"):
        assert element in text.body
    assert [row.purpose for row in world.ledger.all()] == [Purpose.RECONFIRMATION]
    assert world.status() is ConsentStatus.CONFIRMED
    assert world.run() == []


def test_a_programme_may_begin_to_ask_anew_while_people_are_in_it() -> None:
    world = DueWorld()
    world.subscribe()
    world.later(days=365)
    world.run()
    kept = world.programmes.programme(OFFERS)
    world.programmes.replace(replace(kept, terms=YEARLY, version=2), expected_version=1)
    world.later(days=30)
    assert world.run() == [Done.ASKED_ANEW]


def test_a_yes_confirms_anew_and_the_next_year_counts_from_it() -> None:
    world = a_year_on(OR_ELSE)
    world.run()
    answered_at = world.later(days=2)
    epoch = world.standing.consents[OFFERS].epoch
    outcome = world.consent.yes(KEY, PHONE, answered_at, {"reply": "YES"}, None)
    assert (outcome.reason, outcome.confirmed) == (OptInReason.RECONFIRMED, (OFFERS,))
    assert world.count(EventType.RECONFIRMED) == 1
    assert world.standing.consents[OFFERS].at == answered_at
    assert world.standing.consents[OFFERS].epoch == epoch
    world.later(days=28)
    assert world.run() == [Done.WAITS]
    assert world.status() is ConsentStatus.CONFIRMED
    (entry,) = world.store.agenda.entries
    assert entry.at == answered_at + timedelta(days=365)


def test_a_yes_that_was_asked_for_once_counts_once() -> None:
    world = a_year_on()
    world.run()
    world.later(hours=1)
    world.yes()
    world.later(hours=1)
    outcome = world.consent.yes(KEY, PHONE, world.clock.now(), {}, None)
    assert outcome.reason is OptInReason.NOTHING_OPEN


def test_silence_ends_the_consent_where_the_programme_says_so() -> None:
    world = a_year_on(OR_ELSE)
    world.run()
    world.later(days=29)
    assert world.run() == []
    world.later(days=1)
    assert world.run() == [Done.ENDED_BY_SILENCE]
    assert world.status() is ConsentStatus.EXPIRED
    assert world.store.agenda.entries == []


def test_silence_changes_nothing_elsewhere_and_the_next_question_comes_a_year_later() -> None:
    world = a_year_on(YEARLY)
    world.run()
    world.later(days=30)
    assert world.run() == [Done.WAITS]
    assert world.status() is ConsentStatus.CONFIRMED
    world.later(days=334)
    assert world.run() == []
    world.later(days=1)
    assert world.run() == [Done.ASKED_ANEW]
    assert len(world.sender.texts) == 2


def test_a_yes_after_the_end_brings_nothing_back() -> None:
    world = a_year_on(OR_ELSE)
    world.run()
    world.later(days=31)
    world.run()
    world.yes()
    assert world.status() is ConsentStatus.EXPIRED


def test_a_yes_said_in_time_and_delivered_late_undoes_the_end() -> None:
    world = a_year_on(OR_ELSE)
    world.run()
    said_at = world.later(days=29)
    world.later(days=2)
    world.run()
    assert world.status() is ConsentStatus.EXPIRED
    world.consent.yes(KEY, PHONE, said_at, {"reply": "YES"}, None)
    assert world.status() is ConsentStatus.CONFIRMED


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.IN_DOUBT, Outcome.REFUSED])
def test_nobody_loses_a_consent_for_a_question_that_may_not_have_reached_them(
    outcome: Outcome,
) -> None:
    world = DueWorld(OR_ELSE, sender=RecordingSmsSender(lambda _: SendResult(outcome)))
    world.subscribe()
    world.later(days=365)
    world.run()
    world.later(days=40)
    world.run()
    assert world.status() is ConsentStatus.CONFIRMED


def test_a_stop_after_the_question_is_a_stop() -> None:
    world = a_year_on(OR_ELSE)
    world.run()
    world.later(days=1)
    world.stop()
    world.later(days=40)
    assert world.run() == [Done.OVER]
    assert world.status() is ConsentStatus.WITHDRAWN
    assert world.count(EventType.EXPIRED) == 0


def test_who_rests_texts_is_not_asked_until_they_come_again() -> None:
    paused, held = a_year_on(), a_year_on()
    until = paused.clock.now() + timedelta(days=3)
    paused.store.seed(replace(paused.standing, paused_until=until))
    held.store.seed(replace(held.standing, hold=Hold("ambiguous_reply", held.clock.now())))
    for world in (paused, held):
        assert world.run() == [Done.WAITS]
        assert world.sender.texts == []
    paused.later(days=3)
    assert paused.run() == [Done.ASKED_ANEW]


def test_whose_data_is_restricted_is_not_asked_until_that_is_lifted() -> None:
    world = a_year_on()
    free = world.standing
    world.store.seed(replace(free, restricted_at=world.clock.now()))
    assert world.run() == [Done.WAITS]
    assert world.sender.texts == []
    world.store.seed(free)
    world.later(days=3)
    assert world.run() == [Done.ASKED_ANEW]


def test_the_question_waits_for_a_legal_hour() -> None:
    world = a_year_on()
    world.later(hours=10)
    assert world.run() == [Done.WAITS]
    assert world.sender.texts == []
    world.later(hours=12)
    assert world.run() == [Done.ASKED_ANEW]


def test_the_question_is_put_in_the_persons_language() -> None:
    world = a_year_on()
    world.store.profiles[KEY]["locale"] = "fr"
    world.run()
    assert "OUI" in world.sender.bodies[0]

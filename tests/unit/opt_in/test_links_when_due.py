"""The reminder and the yearly question carry a link; a press on it is an act as fresh as a YES."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions
from assent.choices.confirming import Asked, Confirming
from assent.choices.model import Visitor
from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.messages.alphabet import count_parts
from assent.opt_in.lifecycle import Done
from assent.programmes.model import OptInTerms
from tests.fakes.in_memory_counters import InMemoryBreakers
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.opt_in.due_world import KEY, OFFERS, DueWorld
from tests.unit.opt_in.test_consents_due import OR_ELSE, YEARLY, a_year_on

VISITOR = Visitor("/c/{token}", "203.0.113.9", "Firefox")


def confirming(world: DueWorld) -> Confirming:
    conversions = Conversions(InMemoryBreakers(), Subjects(LocalPhoneKeys().mac), world.clock)
    return Confirming(world.links, world.consent, world.programmes, conversions, world.clock)


def token(world: DueWorld) -> str:
    found = re.search(r"https://sms\.example/c/(\w{18}) ", world.sender.bodies[-1])
    assert found is not None, world.sender.bodies[-1]
    return found[1]


def asked_anew(terms: OptInTerms = YEARLY) -> tuple[DueWorld, str]:
    world = a_year_on(terms)
    assert world.run() == [Done.ASKED_ANEW]
    assert count_parts(world.sender.bodies[-1]).parts == 1
    return world, token(world)


def test_a_press_confirms_anew_and_the_next_year_counts_from_it() -> None:
    world, link = asked_anew(OR_ELSE)
    pressed_at = world.later(days=2)
    epoch = world.standing.consents[OFFERS].epoch
    question, is_new = confirming(world).say_yes(link, VISITOR)
    assert (question.asked, is_new) == (Asked.CONFIRMED, True)
    event, evidence = world.store.history(KEY)[-1]
    assert (event.type, event.source, event.epoch) == (EventType.RECONFIRMED, Source.LINK, epoch)
    assert evidence is not None
    assert evidence.facts["ip"] == "203.0.113.9"
    assert world.standing.consents[OFFERS].at == pressed_at
    world.later(days=40)
    assert world.run() == [Done.WAITS]
    assert world.status() is ConsentStatus.CONFIRMED
    (entry,) = world.store.agenda.entries
    assert entry.at == pressed_at + timedelta(days=365)


def test_looking_confirms_nothing_however_often_a_scanner_looks() -> None:
    world, link = asked_anew(OR_ELSE)
    before = world.store.history(KEY)
    for _ in range(3):
        assert confirming(world).look(link).asked is Asked.ASKED_ANEW
    assert world.store.history(KEY) == before
    world.later(days=30)
    assert world.run() == [Done.ENDED_BY_SILENCE]


def test_the_second_press_changes_nothing() -> None:
    world, link = asked_anew()
    confirming(world).say_yes(link, VISITOR)
    assert confirming(world).say_yes(link, VISITOR)[1] is False
    assert world.count(EventType.RECONFIRMED) == 1


def test_a_press_after_the_end_by_silence_brings_nothing_back() -> None:
    world, link = asked_anew(OR_ELSE)
    world.later(days=30)
    world.run()
    question, is_new = confirming(world).say_yes(link, VISITOR)
    assert (question.asked, is_new) == (Asked.EXPIRED, False)
    assert world.status() is ConsentStatus.EXPIRED


def test_a_press_too_late_makes_no_consent_younger_where_silence_changes_nothing() -> None:
    world, link = asked_anew(YEARLY)
    given_at = world.standing.consents[OFFERS].at
    world.later(days=31)
    question, is_new = confirming(world).say_yes(link, VISITOR)
    assert (question.asked, is_new) == (Asked.CONFIRMED, False)
    assert world.standing.consents[OFFERS].at == given_at


def test_a_press_after_a_stop_brings_nothing_back() -> None:
    world, link = asked_anew()
    world.stop()
    question, is_new = confirming(world).say_yes(link, VISITOR)
    assert (question.asked, is_new) == (Asked.STOPPED, False)
    assert world.status() is ConsentStatus.WITHDRAWN


def test_after_a_stop_and_a_start_the_old_question_is_over() -> None:
    world, link = asked_anew()
    world.stop()
    world.later(minutes=1)
    world.consent.start(KEY, world.standing.phone, world.clock.now(), {}, None)  # type: ignore[arg-type]
    assert confirming(world).say_yes(link, VISITOR)[1] is False
    assert world.count(EventType.RECONFIRMED) == 0


@pytest.mark.parametrize("terms", [YEARLY, OR_ELSE], ids=["silence changes nothing", "or else"])
def test_neither_question_nor_evidence_keeps_the_link(terms: OptInTerms) -> None:
    world, link = asked_anew(terms)
    kept = repr([e.facts for _, e in world.store.history(KEY) if e]) + repr(world.ledger.all())
    assert link not in kept


def test_the_reminder_carries_a_link_that_confirms_its_request() -> None:
    world = DueWorld(OptInTerms(sends_reminder=True))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.REMINDED]
    assert confirming(world).say_yes(token(world), VISITOR)[1] is True
    assert world.status() is ConsentStatus.CONFIRMED


def test_the_reminders_link_ends_with_its_request() -> None:
    world = DueWorld(OptInTerms(sends_reminder=True))
    world.ask()
    world.later(hours=24)
    world.run()
    world.later(hours=48)
    assert confirming(world).say_yes(token(world), VISITOR)[1] is False

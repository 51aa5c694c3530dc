"""A restriction rests all use of a person's data; a legal hold keeps it, whoever asks to erase."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.consent.agenda import Due
from assent.consent.erasing import Erasing, ErasureQueued
from assent.consent.events import EventType, Source
from assent.consent.importing import import_objection
from assent.consent.model import ConsentStatus
from assent.consent.policy import RequestReason
from assent.consent.restricting import Restricting
from assent.consent.stopped import Stopped
from assent.evidence.history import HistoryService
from tests.fakes.in_memory_traces import InMemoryProofTraces
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.consent.people import KEY, OFFERS, PHONE, World

WHY = {"actor": "compliance-1", "reason": "accuracy is contested"}


def restricting(world: World) -> Restricting:
    return Restricting(world.service)


def erasing(world: World) -> Erasing:
    return Erasing(world.service, (InMemoryProofTraces(world.store),))


def test_a_restriction_is_an_event_of_the_chain_with_who_and_why_as_its_evidence() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    assert restricting(world).restrict(KEY, WHY, is_on=True)
    event, evidence = world.store.history(KEY)[-1]
    assert event.type is EventType.RESTRICTED
    assert event.facts == {}
    assert evidence is not None
    assert evidence.facts == WHY
    assert world.status() is ConsentStatus.CONFIRMED
    assert world.standing.restricted_at == event.at
    assert all(e.is_intact for e in HistoryService(world.store, LocalPhoneKeys()).history(PHONE))


def test_a_restriction_set_or_lifted_twice_is_one_event() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    acts = restricting(world)
    assert [acts.restrict(KEY, WHY, is_on=on) for on in (True, True, False, False)] == [
        True,
        False,
        True,
        False,
    ]
    assert world.types[-2:] == [EventType.RESTRICTED, EventType.RESTRICTION_LIFTED]
    assert world.standing.restricted_at is None


def test_nothing_is_sent_while_restricted_and_a_sign_up_is_not_answered() -> None:
    world = World()
    restricting(world).restrict(KEY, WHY, is_on=True)
    assert Stopped(world.store)(KEY)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.RESTRICTED
    assert import_objection(world.standing, OFFERS) == "restricted"
    restricting(world).restrict(KEY, WHY, is_on=False)
    assert not Stopped(world.store)(KEY)


def test_no_word_from_the_phone_lifts_a_restriction_and_a_stop_is_taken_all_the_same() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    restricting(world).restrict(KEY, WHY, is_on=True)
    world.stop(world.later(minutes=1))
    assert world.status() is ConsentStatus.WITHDRAWN
    world.start(world.later(minutes=1))
    assert world.standing.restricted_at is not None


def test_a_restriction_outlives_the_erasure_that_the_person_asks_for() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    restricting(world).restrict(KEY, WHY, is_on=True)
    erasing(world).erase(KEY, Source.STAFF, WHY)
    assert world.standing.phone is None
    assert world.standing.restricted_at is not None


def test_under_a_legal_hold_an_erasure_waits_says_so_and_takes_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    restricting(world).keep(KEY, WHY, is_on=True)
    at = world.later(minutes=1)
    first = erasing(world).erase(KEY, Source.STAFF, WHY)
    world.later(minutes=1)
    again = erasing(world).erase(KEY, Source.LINK, {})
    assert first == again == ErasureQueued(KEY, at)
    assert world.types.count(EventType.ERASURE_QUEUED) == 1
    assert world.standing.phone == PHONE
    assert all(evidence is not None for _, evidence in world.store.history(KEY))


def test_lifting_the_hold_puts_the_erasure_on_the_agenda_which_carries_it_out() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    acts = restricting(world)
    acts.keep(KEY, WHY, is_on=True)
    erasing(world).erase(KEY, Source.STAFF, WHY)
    at = world.later(days=90)
    acts.keep(KEY, WHY, is_on=False)
    assert Due(KEY, None, at) in list(world.store.agenda.due(at))
    erasing(world).finish(KEY)
    assert world.standing.phone is None
    assert world.types[-1] is EventType.ERASED
    assert [evidence is None for _, evidence in world.store.history(KEY)][:-1] == [True] * 5


def test_lifting_a_hold_without_a_queued_erasure_erases_nothing() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    acts = restricting(world)
    acts.keep(KEY, WHY, is_on=True)
    acts.keep(KEY, WHY, is_on=False)
    assert erasing(world).finish(KEY) is None
    assert world.standing.phone == PHONE


def test_an_erasure_that_was_cut_short_waits_for_the_end_of_a_hold_too() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    Erasing(world.service).erase(KEY, Source.STAFF, WHY)
    acts = restricting(world)
    acts.keep(KEY, WHY, is_on=True)
    assert erasing(world).finish(KEY) is None
    assert any(evidence is not None for _, evidence in world.store.history(KEY)[:2])
    acts.keep(KEY, WHY, is_on=False)
    erasing(world).finish(KEY)
    assert all(evidence is None for _, evidence in world.store.history(KEY)[:2])


@pytest.mark.parametrize("days", [0, 400])
def test_a_number_never_seen_can_be_restricted_without_being_stored(days: int) -> None:
    world = World()
    restricting(world).restrict(KEY, WHY, is_on=True)
    world.clock.advance(timedelta(days=days))
    assert world.standing.phone is None
    assert not world.ask().decision.send_confirmation  # type: ignore[union-attr]

"""Erasure takes away what is held of a person, and never that they opted out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.agenda import Due
from assent.consent.erasing import Erasing, ErasureQueued
from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.consent.policy import OptInReason, RequestReason
from assent.errors import TryAgainError
from assent.evidence.history import HistoryService
from tests.fakes.in_memory_traces import InMemoryProofTraces
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.consent.people import ALERTS, KEY, OFFERS, PHONE, World

if TYPE_CHECKING:
    from assent.consent.erasing import Erasure

WHY = {"actor": "compliance-1", "reason": "asked by letter"}


@dataclass
class Bodies:
    """`Traces` that remembers what it was asked to forget, and fails as often as it is told."""

    failures: int = 0
    asked: list[Erasure] = field(default_factory=list)

    def forget(self, erasure: Erasure) -> None:
        if self.failures:
            self.failures -= 1
            message = "busy"
            raise TryAgainError(message)
        self.asked.append(erasure)


def erasing(world: World, bodies: Bodies | None = None) -> Erasing:
    return Erasing(world.service, (InMemoryProofTraces(world.store), bodies or Bodies()))


def erase(world: World, source: Source = Source.STAFF) -> Erasure | None:
    done = erasing(world).erase(KEY, source, WHY)
    assert not isinstance(done, ErasureQueued)
    return done


def test_number_profile_and_proofs_go_and_the_chain_stays_whole() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world)
    assert world.standing.phone is None
    assert KEY not in world.store.profiles
    assert world.store.open_request(KEY, OFFERS) is None
    history = HistoryService(world.store, LocalPhoneKeys()).history(PHONE)
    assert all(entry.is_intact for entry in history)
    assert [entry.evidence is None for entry in history] == [True, True, False]
    assert history[-1].event.type is EventType.ERASED


def test_the_erasure_says_who_did_it_and_why_and_nothing_of_the_person() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world)
    event, evidence = world.store.history(KEY)[-1]
    assert evidence is not None
    assert evidence.facts == WHY
    assert event.facts == {"confirmed": [OFFERS], "withdrawn": [OFFERS]}


def test_of_a_persons_own_erasure_no_proof_is_kept() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world, Source.LINK)
    _, evidence = world.store.history(KEY)[-1]
    assert evidence is not None
    assert evidence.facts == {}


def test_confirmed_becomes_withdrawn_and_old_links_are_dead() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.ask(ALERTS)
    epoch = world.epoch()
    erase(world)
    assert world.status(OFFERS) is ConsentStatus.WITHDRAWN
    assert world.status(ALERTS) is ConsentStatus.WITHDRAWN
    assert world.epoch() == epoch + 1
    assert not world.enter_code(ALERTS).is_confirmed


def test_stopped_stays_stopped_and_a_sign_up_meets_it() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    stopped_at = world.later(minutes=1)
    world.stop(stopped_at)
    world.later(minutes=1)
    erase(world)
    assert world.standing.stopped_at == stopped_at
    world.later(days=700)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.OPTED_OUT
    assert world.standing.phone is None
    assert not world.enter_code().is_confirmed


def test_start_from_the_phone_lifts_the_stop_and_brings_nothing_back() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.later(minutes=1))
    world.later(minutes=1)
    erase(world)
    outcome = world.start(world.later(days=1))
    assert (outcome.reason, outcome.confirmed) == (OptInReason.RESTARTED, ())
    assert world.status() is ConsentStatus.WITHDRAWN
    assert world.standing.phone == PHONE
    world.ask()
    world.yes(world.later(minutes=1))
    assert world.status() is ConsentStatus.CONFIRMED


def test_who_was_erased_and_never_opted_out_may_sign_up_anew() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world)
    world.later(days=1)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.send_confirmation
    assert world.standing.phone == PHONE


def test_a_yes_on_its_way_does_not_undo_an_erasure() -> None:
    world = World()
    world.ask()
    said_at = world.later(minutes=1)
    world.later(minutes=1)
    erase(world)
    world.yes(said_at)
    assert world.status() is ConsentStatus.WITHDRAWN


def test_a_stop_that_comes_late_is_still_a_stop() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    said_at = world.later(minutes=1)
    world.later(minutes=1)
    erase(world)
    world.stop(said_at)
    assert world.standing.stopped_at == said_at
    assert world.standing.phone is None


def test_erasing_twice_is_one_event() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    first = erase(world)
    world.later(days=1)
    assert erase(world) == first
    assert world.types.count(EventType.ERASED) == 1


def test_what_came_after_an_erasure_is_erased_by_the_next() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world)
    world.later(minutes=1)
    world.ask()
    again = erase(world)
    assert again is not None
    assert world.types.count(EventType.ERASED) == 2
    kept = [event.seq for event, evidence in world.store.history(KEY) if evidence is not None]
    assert kept == [again.seq]


def test_a_number_without_standing_leaves_no_trace_and_its_replies_go() -> None:
    world = World()
    bodies = Bodies()
    assert erasing(world, bodies).erase(KEY, Source.STAFF, WHY) is None
    assert world.store.standing(KEY) is None
    assert world.store.agenda.entries == []
    assert [erasure.until > world.clock.now() for erasure in bodies.asked] == [True]


def test_an_erasure_that_is_cut_short_is_finished_from_the_agenda() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    bodies = Bodies(failures=1)
    with pytest.raises(TryAgainError):
        erasing(world, bodies).erase(KEY, Source.STAFF, WHY)
    at = world.clock.now()
    assert world.standing.phone is None
    entries = [due for due in world.store.agenda.entries if due.programme_id is None]
    assert entries == [Due(KEY, None, at + timedelta(minutes=10))]
    erasure = erasing(world, bodies).finish(KEY)
    assert erasure is not None
    assert bodies.asked == [erasure]


def test_finishing_late_spares_what_the_person_did_since() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    erase(world)
    world.later(minutes=5)
    world.ask()
    erasing(world).finish(KEY)
    _, evidence = world.store.history(KEY)[-1]
    assert evidence is not None
    assert world.store.open_request(KEY, OFFERS) is not None
    assert world.status() is ConsentStatus.PENDING


def test_nobody_is_erased_by_finishing_what_never_began() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    bodies = Bodies()
    assert erasing(world, bodies).finish(KEY) is None
    assert bodies.asked == []
    assert world.status() is ConsentStatus.CONFIRMED

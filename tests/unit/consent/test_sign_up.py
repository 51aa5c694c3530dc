from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.clock import iso
from assent.consent.events import EventType, Source
from assent.consent.model import ConsentChange, ConsentStatus
from assent.consent.outcomes import SignUp
from assent.consent.policy import ConfirmReason, RequestReason
from assent.errors import ChangedMeanwhileError, TryAgainError
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.unit.consent.people import ALERTS, KEY, OFFERS, PHONE, World

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_new_number_is_sent_a_confirmation_and_waits() -> None:
    world = World()
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.send_confirmation
    assert outcome.decision.reason is RequestReason.NEW
    assert outcome.epoch == 1
    assert world.status() is ConsentStatus.PENDING
    assert world.standing.phone == PHONE


def test_the_request_keeps_the_wording_in_the_event_and_the_person_in_the_evidence() -> None:
    world = World()
    world.ask()
    ((event, evidence),) = world.store.history(KEY)
    assert event.type is EventType.REQUESTED
    assert event.facts["disclosure_version"] == 1
    assert event.facts["expires_at"] == iso(world.clock.now() + timedelta(hours=72))
    assert evidence is not None
    assert evidence.facts["phone_as_typed"] == "612 555 0103"
    assert event.evidence_digest == evidence.digest


def test_each_event_is_chained_to_the_one_before() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop()
    events = [event for event, _ in world.store.history(KEY)]
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.previous_hash for event in events] == ["", events[0].hash, events[1].hash]
    assert (world.standing.seq, world.standing.head_hash) == (3, events[2].hash)


def _opted_out(world: World) -> None:
    world.stop()


def _confirmed(world: World) -> None:
    world.confirmed_to(OFFERS)


def _just_asked(world: World) -> None:
    world.ask()
    world.later(minutes=9)


def _asked_three_times(world: World) -> None:
    for programme_id in (OFFERS, ALERTS, OFFERS):
        world.ask(programme_id)
        world.later(minutes=11)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        pytest.param(_opted_out, RequestReason.OPTED_OUT, id="opted out"),
        pytest.param(_confirmed, RequestReason.ALREADY_CONFIRMED, id="confirmed"),
        pytest.param(_just_asked, RequestReason.JUST_TEXTED, id="texted 9 minutes ago"),
        pytest.param(_asked_three_times, RequestReason.TOO_MANY_UNANSWERED, id="three unanswered"),
    ],
)
def test_a_request_that_earns_no_text_is_recorded_and_changes_nothing(
    before: Callable[[World], None], reason: RequestReason
) -> None:
    world = World()
    before(world)
    consents = world.standing.consents
    outcome = world.ask()
    assert outcome.decision is not None
    assert not outcome.decision.send_confirmation
    assert outcome.decision.reason is reason
    assert world.types[-1] is EventType.REQUEST_DECLINED
    assert world.standing.consents == consents


def test_a_country_that_is_not_served_gets_no_text() -> None:
    world = World()
    outcome = world.ask(is_country_served=False)
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.COUNTRY_NOT_SERVED
    assert world.status() is ConsentStatus.NONE


def test_asking_again_after_ten_minutes_opens_a_new_epoch() -> None:
    world = World()
    world.ask()
    world.later(minutes=10)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.ASKED_AGAIN
    assert outcome.epoch == 2


def test_unanswered_texts_are_forgotten_after_thirty_days() -> None:
    world = World()
    _asked_three_times(world)
    world.later(days=30)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.send_confirmation


def test_a_text_that_was_certainly_not_sent_does_not_count() -> None:
    world = World()
    world.ask()
    world.service.texted(KEY, OFFERS, facts={}, evidence={}, was_sent=False)
    outcome = world.ask()
    assert outcome.decision is not None
    assert outcome.decision.send_confirmation


def test_the_text_as_sent_is_kept_as_evidence() -> None:
    world = World()
    world.ask()
    world.service.texted(KEY, OFFERS, facts={"outcome": "sent"}, evidence={"text": "Reply YES"})
    event, evidence = world.store.history(KEY)[-1]
    assert event.type is EventType.CONFIRMATION_TEXTED
    assert event.epoch == 1
    assert evidence is not None
    assert evidence.facts["text"] == "Reply YES"


def test_a_text_to_nobody_who_asked_is_not_recorded() -> None:
    world = World()
    world.service.texted(KEY, OFFERS, facts={}, evidence={})
    assert world.types == []


def test_a_sign_up_with_a_used_key_is_a_repeat() -> None:
    world = World()
    sign_up = replace(
        SignUp(KEY, PHONE, OFFERS, "en", "h", is_country_served=True, facts={}, evidence={}),
        dedupe_key="form-1",
    )
    assert not world.service.request(sign_up).is_repeat
    assert world.service.request(sign_up).is_repeat
    assert world.types == [EventType.REQUESTED]


def test_a_code_confirms_the_open_request_and_takes_its_profile_over() -> None:
    world = World()
    world.ask()
    outcome = world.enter_code()
    assert outcome.is_confirmed
    assert world.status() is ConsentStatus.CONFIRMED
    assert world.store.profiles[KEY] == {"first_name": "Ada", "locale": "en"}


def test_confirming_twice_is_one_event() -> None:
    world = World()
    world.ask()
    world.enter_code()
    outcome = world.enter_code()
    assert outcome.is_confirmed
    assert outcome.reason is ConfirmReason.ALREADY_CONFIRMED
    assert world.types == [EventType.REQUESTED, EventType.CONFIRMED]


def test_a_repeated_button_press_says_confirmed() -> None:
    world = World()
    world.ask()
    now = world.clock.now()
    first = world.service.confirm(KEY, OFFERS, Source.FORM, {}, "press", now)
    world.stop(world.later(minutes=1))
    world.start(world.later(minutes=1))
    world.ask(ALERTS)
    again = world.service.confirm(KEY, ALERTS, Source.FORM, {}, "press", world.clock.now())
    assert first.is_confirmed
    assert again.reason is ConfirmReason.ALREADY_CONFIRMED


@pytest.mark.parametrize(
    ("hours", "is_confirmed"), [(71.9, True), (72, False)], ids=["in time", "too late"]
)
def test_a_request_waits_72_hours(hours: float, is_confirmed: bool) -> None:
    world = World()
    world.ask()
    world.later(hours=hours)
    assert world.enter_code().is_confirmed is is_confirmed


def test_nobody_who_never_asked_can_confirm() -> None:
    assert World().enter_code().reason is ConfirmReason.NOTHING_OPEN


def test_a_code_never_lifts_an_opt_out() -> None:
    world = World()
    world.ask()
    world.stop(world.later(minutes=1))
    assert world.enter_code().reason is ConfirmReason.OPTED_OUT


def test_an_overdue_request_expires_once() -> None:
    world = World()
    world.ask()
    assert not world.service.expire(KEY, OFFERS)
    world.later(hours=72)
    assert world.service.expire(KEY, OFFERS)
    assert not world.service.expire(KEY, OFFERS)
    assert world.status() is ConsentStatus.EXPIRED


def test_asking_after_expiry_closes_the_old_request_in_the_same_breath() -> None:
    world = World()
    world.ask()
    world.later(hours=80)
    world.ask()
    assert world.types == [EventType.REQUESTED, EventType.EXPIRED, EventType.REQUESTED]
    assert world.status() is ConsentStatus.PENDING
    world.yes(world.later(minutes=1))
    assert world.status() is ConsentStatus.CONFIRMED


def test_a_hold_rests_marketing_until_it_is_released() -> None:
    world = World()
    assert world.service.hold(KEY, PHONE, "ambiguous_reply", {"reply": "stop it?"}, "m1")
    assert not world.service.hold(KEY, PHONE, "ambiguous_reply", {"reply": "hm stop"}, "m2")
    assert world.standing.hold is not None
    assert world.service.release(KEY, "compliance@example.com")
    assert not world.service.release(KEY, "compliance@example.com")
    assert world.standing.hold is None
    assert world.types == [EventType.HELD, EventType.RELEASED]


def test_an_express_yes_ends_a_hold() -> None:
    world = World()
    world.ask()
    world.service.hold(KEY, PHONE, "ambiguous_reply", {}, None)
    world.yes(world.later(minutes=1))
    assert world.standing.hold is None


def test_a_change_that_others_keep_overtaking_asks_to_try_again() -> None:
    class Overtaken(InMemoryConsentStore):
        def commit(self, change: ConsentChange) -> None:
            message = "overtaken"
            raise ChangedMeanwhileError(message)

    with pytest.raises(TryAgainError):
        World(store=Overtaken()).stop()

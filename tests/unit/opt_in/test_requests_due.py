"""A request ends in time and is recalled once, however often the clock ticks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.clock import iso
from assent.consent.agenda import Due
from assent.consent.events import EventType
from assent.consent.model import ConsentStatus, Hold
from assent.errors import TryAgainError
from assent.messages.ledger import OutboundText, Outcome, Purpose, SendResult
from assent.opt_in.lifecycle import Done
from assent.programmes.model import OptInTerms
from tests.fakes.frozen_clock import FrozenClock
from tests.unit.opt_in.due_world import (
    ALERTS,
    KEY,
    MONDAY,
    OFFERS,
    PHONE,
    DueWorld,
    without_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

REMINDS = OptInTerms(sends_reminder=True)


def test_a_request_that_nobody_answers_expires_at_its_hour() -> None:
    world = DueWorld()
    world.ask()
    world.later(hours=71, minutes=59)
    assert world.run() == []
    world.later(minutes=1)
    assert world.run() == [Done.EXPIRED]
    assert world.status() is ConsentStatus.EXPIRED
    assert world.run() == []
    assert world.count(EventType.EXPIRED) == 1
    assert world.store.agenda.entries == []


def test_a_programme_says_how_long_its_requests_wait() -> None:
    world = DueWorld(OptInTerms(pending_hours=5))
    world.ask()
    world.later(hours=5)
    assert world.run() == [Done.EXPIRED]


def test_a_request_that_was_answered_does_not_expire() -> None:
    world = DueWorld()
    world.subscribe()
    world.later(hours=72)
    assert world.run() == [Done.WAITS]
    assert world.status() is ConsentStatus.CONFIRMED


def test_a_number_that_opted_out_is_passed_by() -> None:
    world = DueWorld(REMINDS)
    world.ask()
    world.later(hours=1)
    world.stop()
    world.later(hours=30)
    assert world.run() == [Done.OVER]
    assert world.sender.texts == []
    assert world.store.agenda.entries == []


def test_a_newer_request_is_not_ended_by_the_date_of_the_older() -> None:
    world = DueWorld()
    world.ask()
    world.later(hours=40)
    world.ask()
    world.later(hours=40)
    assert world.run() == []
    assert world.status() is ConsentStatus.PENDING


def test_a_request_whose_item_is_gone_still_ends() -> None:
    world = DueWorld()
    world.ask()
    world.store._requests.clear()
    assert world.lifecycle().look(Due(KEY, OFFERS, MONDAY)) is Done.WAITS
    world.later(hours=72)
    assert world.lifecycle().look(Due(KEY, OFFERS, MONDAY)) is Done.EXPIRED
    assert world.status() is ConsentStatus.EXPIRED


def test_without_the_programmes_wish_there_is_no_reminder() -> None:
    world = DueWorld()
    world.ask()
    world.later(hours=30)
    assert world.run() == []
    assert world.sender.texts == []


def test_one_reminder_is_texted_a_day_after_the_first_text() -> None:
    world = DueWorld(REMINDS)
    world.ask()
    world.later(hours=23, minutes=59)
    assert world.run() == []
    world.later(minutes=1)
    assert world.run() == [Done.REMINDED]
    (text,) = world.sender.texts
    for element in (
        "Brew & Bloom",
        "Weekly offers",
        "YES",
        "8 msgs/month",
        "rates",
        "HELP",
        "STOP",
    ):
        assert element in text.body
    assert not text.is_marketing
    (row,) = world.ledger.all()
    assert row.purpose is Purpose.REMINDER
    world.later(hours=24)
    assert world.run() == []
    assert world.count(EventType.REMINDED) == 1


def test_a_clock_that_goes_on_while_it_is_read_keeps_no_reminder_back() -> None:
    class Ticking(FrozenClock):
        def now(self) -> datetime:
            self.advance(timedelta(microseconds=1))
            return super().now()

    world = DueWorld(REMINDS, clock=Ticking(MONDAY))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.REMINDED]


def test_a_reminded_request_can_be_answered_and_else_expires_in_its_time() -> None:
    answered, silent = DueWorld(REMINDS), DueWorld(REMINDS)
    for world in (answered, silent):
        world.ask()
        world.later(hours=24)
        world.run()
        world.later(hours=1)
    answered.yes()
    silent.later(hours=47)
    assert answered.status() is ConsentStatus.CONFIRMED
    assert silent.run() == [Done.EXPIRED]


def test_the_reminder_and_its_fate_are_evidence() -> None:
    world = DueWorld(REMINDS)
    world.ask()
    world.later(hours=24)
    world.run()
    event, evidence = world.store.history(KEY)[-1]
    assert event.type is EventType.CONFIRMATION_TEXTED
    assert event.facts == {"outcome": "sent", "kind": "reminder"}
    assert evidence is not None
    assert evidence.facts == {
        "text": without_token(world.sender.bodies[0]),
        "provider_message_id": "provider-1",
    }


def test_a_reminder_waits_for_an_hour_at_which_marketing_is_legal() -> None:
    """21:30 in New York: quiet there, and the next legal hour is in the morning."""
    world = DueWorld(REMINDS, clock=FrozenClock(datetime.fromisoformat("2026-11-24T02:30:00Z")))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    assert world.sender.texts == []
    (entry,) = world.store.agenda.entries
    assert world.clock.now() < entry.at < world.clock.now() + timedelta(hours=16)
    world.later(seconds=(entry.at - world.clock.now()).total_seconds())
    assert world.run() == [Done.REMINDED]


def test_no_reminder_goes_out_when_the_next_legal_hour_is_too_late_to_answer() -> None:
    terms = OptInTerms(sends_reminder=True, pending_hours=26)
    world = DueWorld(terms, clock=FrozenClock(datetime.fromisoformat("2026-11-24T02:30:00Z")))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    world.later(hours=2)
    assert world.run() == [Done.EXPIRED]
    assert world.sender.texts == []


def test_a_short_request_has_no_reminder() -> None:
    world = DueWorld(OptInTerms(sends_reminder=True, pending_hours=24))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.EXPIRED]
    assert world.sender.texts == []


def test_reminders_count_among_the_three_texts_of_thirty_days() -> None:
    world = DueWorld(REMINDS)
    for programme_id in (ALERTS, OFFERS, OFFERS):
        world.ask(programme_id)
        world.later(minutes=11)
    world.later(hours=24)
    world.run()
    assert world.sender.texts == []
    assert world.count(EventType.REMINDED) == 0


def test_a_reminder_counts_against_the_next_sign_up() -> None:
    world = DueWorld(REMINDS)
    world.ask()
    world.later(minutes=11)
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.REMINDED]
    world.later(hours=1)
    world.ask()
    assert world.count(EventType.REQUEST_DECLINED) == 1


def test_what_was_never_texted_is_not_recalled() -> None:
    world = DueWorld(REMINDS)
    world.ask(is_texted=False)
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    assert world.sender.texts == []


def test_a_hold_keeps_the_reminder_back() -> None:
    world = DueWorld(REMINDS)
    world.ask()
    world.store.seed(replace(world.standing, hold=Hold("ambiguous_reply", world.clock.now())))
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    assert world.sender.texts == []


def test_a_reminder_that_found_no_slot_is_tried_again_until_the_request_ends() -> None:
    world = DueWorld(
        REMINDS, sender=_sender(SendResult(Outcome.THROTTLED, reason="too many requests"))
    )
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    assert world.run() == []
    world.later(minutes=10)
    assert world.run() == [Done.WAITS]
    assert len(world.sender.texts) == 2
    world.later(hours=48)
    assert world.run() == [Done.EXPIRED]
    assert len(world.sender.texts) == 2


def test_a_reminder_that_finds_its_slot_later_is_sent_once() -> None:
    results = iter([SendResult(Outcome.THROTTLED, reason="too many requests")])
    sent = SendResult(Outcome.SENT, provider_message_id="p-1")
    world = DueWorld(REMINDS, sender=_answering(lambda: next(results, sent)))
    world.ask()
    world.later(hours=24)
    assert world.run() == [Done.WAITS]
    world.later(minutes=10)
    assert world.run() == [Done.REMINDED]
    world.later(hours=1)
    assert world.run() == []
    assert len(world.sender.texts) == 2


def _sender(result: SendResult):  # type: ignore[no-untyped-def]
    return _answering(lambda: result)


def _answering(result: Callable[[], SendResult]):  # type: ignore[no-untyped-def]
    from tests.fakes.recording_sms_sender import RecordingSmsSender

    def answer(_: OutboundText) -> SendResult:
        return result()

    return RecordingSmsSender(answer)


def test_one_entry_that_fails_keeps_no_other_from_its_turn() -> None:
    world = DueWorld()
    world.ask(OFFERS)
    world.ask(ALERTS)
    world.later(hours=72)
    real = world.store.open_request

    def faulty(key, programme_id):  # type: ignore[no-untyped-def]
        if programme_id == OFFERS:
            message = "busy"
            raise TryAgainError(message)
        return real(key, programme_id)

    world.store.open_request = faulty  # type: ignore[method-assign]
    assert {(each.done, each.error) for each in world.looked()} == {
        (None, "TryAgainError"),
        (Done.EXPIRED, None),
    }
    world.store.open_request = real  # type: ignore[method-assign]
    assert world.run() == [Done.EXPIRED]


def test_a_run_ends_with_its_time_and_the_next_one_goes_on() -> None:
    world = DueWorld()
    world.ask(OFFERS)
    world.ask(ALERTS)
    world.later(hours=72)
    assert list(world.lifecycle().run(world.clock.now())) == []
    assert world.run() == [Done.EXPIRED, Done.EXPIRED]


def test_a_consent_that_starts_again_without_a_request_is_on_the_agenda() -> None:
    world = DueWorld()
    world.subscribe()
    world.later(hours=1)
    world.stop()
    world.later(hours=72)
    assert world.run() == [Done.OVER]
    world.consent.start(KEY, PHONE, world.clock.now(), {}, None)
    (entry,) = world.store.agenda.entries
    assert iso(entry.at) == iso(world.clock.now() + timedelta(days=1))


@pytest.mark.parametrize("hours", [24, 72])
def test_an_erasure_on_the_agenda_is_taken_to_its_end(hours: int) -> None:
    world = DueWorld()
    world.store.agenda.put([Due(KEY, None, world.clock.now())])
    world.later(hours=hours)
    assert world.run() == [Done.ERASED]
    assert world.erasures.finished == [KEY]
    assert world.store.agenda.entries == []

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.errors import TryAgainError
from assent.identifiers import ProgrammeId, SubscriberKey
from assent.messages.ledger import Outcome, Purpose, SendResult
from assent.messages.messenger import Messenger, OneText
from assent.messages.pace import CAMPAIGN_HORIZON, REPLY_HORIZON, Pace
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.fakes.recording_sms_sender import RecordingSmsSender

NUMBER = "+12065550199"
ANA = SubscriberKey("k1_ana")
TEXT = OneText(
    ANA, PhoneNumber("+12065550100"), "You are in.", Purpose.CONFIRMED_REPLY, ProgrammeId("weekly")
)


class World:
    """A messenger on fakes, beside campaigns that share its number."""

    def __init__(self, rate: int = 10, clock: FrozenClock | None = None) -> None:
        self.clock = clock or FrozenClock()
        self.sender = RecordingSmsSender(clock=self.clock)
        self.ledger = InMemoryMessageLedger()
        self.rates = rates = InMemoryRateStore()
        pace = Pace(rates, self.clock, NUMBER, rate, REPLY_HORIZON)
        self.campaigns = Pace(rates, self.clock, NUMBER, rate, CAMPAIGN_HORIZON)
        self.stopped: set[SubscriberKey] = set()
        self.messenger = Messenger(
            self.sender, self.ledger, pace, self.clock, self.stopped.__contains__
        )


def test_a_text_is_published_once_and_recorded() -> None:
    world = World()
    row = world.messenger.send(TEXT)
    assert world.sender.bodies == ["You are in."]
    assert not world.sender.texts[0].is_marketing
    assert world.ledger.all() == [row]
    assert (row.outcome, row.provider_message_id) == (Outcome.SENT, "provider-1")
    assert row.claimed_at == world.sender.sent_at[0]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.THROTTLED, Outcome.IN_DOUBT])
def test_a_text_that_fails_is_recorded_and_not_tried_again(outcome: Outcome) -> None:
    world = World()
    world.sender.answer = lambda _text: SendResult(outcome, reason="carrier")
    assert world.messenger.send(TEXT).outcome is outcome
    assert len(world.sender.texts) == len(world.ledger.all()) == 1


def test_texts_of_one_second_keep_to_the_rate() -> None:
    world = World(rate=10)
    for _ in range(25):
        world.messenger.send(TEXT)
    at = world.sender.sent_at
    assert all(
        later - sooner >= timedelta(seconds=1) for sooner, later in zip(at, at[10:], strict=False)
    )


def test_parts_are_what_is_paced() -> None:
    world = World(rate=10)
    for _ in range(6):
        world.messenger.send(OneText(ANA, TEXT.phone, "я" * 200, Purpose.HELP_REPLY))
    assert world.sender.sent_at[3] - world.sender.sent_at[0] >= timedelta(seconds=1)


def test_a_reply_finds_a_place_beside_campaigns_that_take_all_they_can() -> None:
    world = World(rate=10)
    while True:
        try:
            world.campaigns.lease(100)
        except TryAgainError:
            break
    world.messenger.send(TEXT)
    assert world.sender.sent_at[0] - NOON <= timedelta(seconds=2.1)


def test_without_a_free_slot_nothing_is_sent_or_recorded() -> None:
    world = World(rate=1)
    wide = Pace(world.rates, world.clock, NUMBER, 1, timedelta(hours=1))
    for _ in range(10):
        wide.lease(1)
    with pytest.raises(TryAgainError):
        world.messenger.send(TEXT)
    assert world.sender.texts == []
    assert world.ledger.all() == []


def test_a_worker_that_always_misses_its_slots_sends_nothing() -> None:
    class LateClock(FrozenClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds + 0.5)

    world = World(clock=LateClock())
    with pytest.raises(TryAgainError):
        world.messenger.send(TEXT)
    assert world.sender.texts == []


@pytest.mark.parametrize("purpose", [Purpose.CONFIRMATION, Purpose.CONFIRMED_REPLY])
def test_a_stop_during_the_wait_for_a_slot_keeps_the_text_back(purpose: Purpose) -> None:
    world = World()
    world.stopped.add(ANA)
    row = world.messenger.send(replace(TEXT, purpose=purpose))
    assert (row.outcome, row.reason) == (Outcome.ABORTED, "stopped")
    assert world.sender.bodies == []
    assert world.ledger.all() == [row]


@pytest.mark.parametrize("purpose", [Purpose.OPT_OUT_REPLY, Purpose.HELP_REPLY])
def test_the_answer_to_a_stop_and_to_help_leaves_all_the_same(purpose: Purpose) -> None:
    world = World()
    world.stopped.add(ANA)
    assert world.messenger.send(replace(TEXT, purpose=purpose)).outcome is Outcome.SENT

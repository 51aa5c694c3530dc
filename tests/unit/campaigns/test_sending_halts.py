"""Batches that are not, or not wholly, sent now: status, hours, time left and guardrails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from assent.campaigns.model import CampaignStatus, Fate, QuietHours
from assent.campaigns.sending import SendStatus, pause_failing
from assent.campaigns.sending_tally import Tally
from assent.messages.ledger import Outcome, SendResult
from assent.messages.pace import Ask, micros
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.world import (
    CAMPAIGN,
    NOON,
    World,
    calls_of,
    person,
    phone_of,
)


def test_a_done_batch_is_not_even_read() -> None:
    world = World(1)
    world.send()
    faults = Faults()
    assert world.send(faults) is SendStatus.DONE
    assert faults.calls == ["campaigns.batch"]


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.SCHEDULED])
def test_a_campaign_that_is_not_running_is_left_for_later(status: CampaignStatus) -> None:
    world = World(1)
    world.set_status(status)
    assert world.send() is SendStatus.LATER
    assert world.published(0) == 0


def test_a_worker_of_a_superseded_run_stands_back() -> None:
    world = World(1)
    sending = world.sending()
    world.campaigns.replace(replace(world.campaign, run=2), expected_version=1)
    assert sending.send(CAMPAIGN, 1, world.batches[0], 120) is SendStatus.LATER
    assert world.published(0) == 0


def test_a_cancelled_campaign_counts_everybody_and_texts_nobody() -> None:
    world = World(3)
    world.set_status(CampaignStatus.CANCELLED)
    assert world.send() is SendStatus.DONE
    assert world.reasons == {"cancelled:campaign_cancelled": 3}
    assert world.acts == []


def test_a_cancelled_campaign_keeps_the_fate_of_those_already_claimed() -> None:
    world = World(3)
    with pytest.raises(CrashError):
        world.send(crash(calls_of(3).index("sender.send"), after=True))
    world.set_status(CampaignStatus.CANCELLED)
    assert world.send() is SendStatus.UNFINISHED
    world.clock.advance(40)
    assert world.send() is SendStatus.DONE
    assert world.fates == {Fate.IN_DOUBT: 1, Fate.CANCELLED: 2}


def test_a_campaign_past_its_life_is_settled_without_texting() -> None:
    world = World(2)
    world.clock.advance(timedelta(days=30))
    assert world.send() is SendStatus.DONE
    assert world.reasons == {"cancelled:campaign_expired": 2}


def test_pausing_in_the_middle_leaves_the_others_without_a_fate() -> None:
    world = World(60)
    third = [n for n, name in enumerate(calls_of(60)) if name == "sender.send"][2]
    faults = Faults(third, after=lambda: world.set_status(CampaignStatus.PAUSED))
    assert world.send(faults) is SendStatus.LATER
    assert 3 <= sum(world.published(n) for n in range(60)) <= 25
    world.set_status(CampaignStatus.RUNNING)
    assert world.send() is SendStatus.DONE
    assert world.fates == {Fate.SENT: 60}


def test_cancelling_in_the_middle_counts_the_others_as_cancelled() -> None:
    world = World(60)
    third = [n for n, name in enumerate(calls_of(60)) if name == "sender.send"][2]
    faults = Faults(third, after=lambda: world.set_status(CampaignStatus.CANCELLED))
    assert world.send(faults) is SendStatus.DONE
    sent = sum(world.published(n) for n in range(60))
    assert 3 <= sent <= 25
    assert world.fates == {Fate.SENT: sent, Fate.CANCELLED: 60 - sent}


def test_quiet_hours_leave_a_person_for_later() -> None:
    world = World(2)
    tokyo = MappingProxyType({"time_zone": "Asia/Tokyo", "first_name": "Ai"})
    world.table.put(replace(person(0), profile=tokyo))
    assert world.send() is SendStatus.LATER
    assert (world.published(0), world.published(1)) == (0, 1)


def test_hours_that_close_while_a_batch_is_sent_leave_the_others_for_later() -> None:
    world = World(60)
    nearly_eight = datetime(2026, 11, 24, 0, 58, 59, tzinfo=UTC)
    world.clock.advance(nearly_eight - NOON)
    assert world.send() is SendStatus.LATER
    assert 15 <= sum(world.published(n) for n in range(60)) <= 25
    last = max(at for times in world.carrier.published_at.values() for at in times)
    assert last < datetime(2026, 11, 24, 0, 59, 1, tzinfo=UTC)
    world.clock.advance(timedelta(hours=12, minutes=5))
    assert world.send() is SendStatus.DONE
    assert world.fates == {Fate.SENT: 60}


def test_an_override_texts_in_quiet_hours() -> None:
    world = World(1)
    definition = replace(
        world.campaign.definition,
        quiet_hours=QuietHours.OVERRIDE,
        quiet_hours_reason="flood warning",
    )
    world.campaigns.replace(replace(world.campaign, definition=definition), expected_version=1)
    world.clock.advance(datetime(2026, 11, 24, 8, 0, tzinfo=UTC) - NOON)
    assert world.send() is SendStatus.DONE
    assert world.published(0) == 1


def test_no_text_is_begun_so_late_that_its_answer_would_not_fit() -> None:
    world = World(3)
    sending = world.sending()
    batch = world.batches[0]
    assert sending.send(CAMPAIGN, 1, batch, world.clock.monotonic() + 10.0) is (
        SendStatus.UNFINISHED
    )
    assert world.acts == []


def test_a_number_whose_slots_are_all_taken_is_left_for_the_next_attempt() -> None:
    world = World(1)
    world.pace.store.book("+12065550100", _hour_long_ask(world))
    assert world.send() is SendStatus.UNFINISHED
    assert world.acts == []


def test_a_carrier_that_fails_most_texts_pauses_the_campaign_and_says_why() -> None:
    world = World(60)
    for number in range(60):
        refusal = [SendResult(Outcome.REFUSED, reason="blocked")]
        world.carrier.answers[phone_of(number).e164] = refusal
    assert world.send() is SendStatus.LATER
    assert world.campaign.status is CampaignStatus.PAUSED
    assert sum(world.published(n) for n in range(60)) == 20
    assert world.campaigns.decisions[-1][2:] == (
        "guardrail",
        "paused: 20 of 20 texts of a batch failed",
    )


def test_a_failing_carrier_is_noticed_within_a_second_of_slots() -> None:
    world = World(60)
    world.pace = replace(world.pace, parts_per_second=100)
    for number in range(60):
        world.carrier.answers[phone_of(number).e164] = [SendResult(Outcome.IN_DOUBT)]
    assert world.send() is SendStatus.LATER
    assert sum(world.published(n) for n in range(60)) == 20


@pytest.mark.parametrize("status", [CampaignStatus.CANCELLED, CampaignStatus.PAUSED])
def test_the_guardrail_does_not_overrule_a_person(status: CampaignStatus) -> None:
    world = World(1)
    world.set_status(status)
    pause_failing(
        world.campaigns, world.clock, CAMPAIGN, Tally(world.batches[0], world.ledger, world.clock)
    )
    assert world.campaign.status is status
    assert world.campaigns.decisions == []


def _hour_long_ask(world: World) -> Ask:
    now = micros(world.clock.now())
    return Ask(20 * 3600, 1, 20, now, now)

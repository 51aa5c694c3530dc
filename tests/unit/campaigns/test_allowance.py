"""A sender's day and month bound its campaigns: they wait for tomorrow, or pause and say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assent.campaigns.allowance import Allowance, Ask, DayCheck, Exhausted
from assent.campaigns.closing import CloseStatus, Closing
from assent.campaigns.model import CampaignStatus, Fate
from assent.campaigns.prices import price_list
from assent.campaigns.sending import SendStatus
from assent.messages.ledger import Outcome, SendResult
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_allowances import InMemoryAllowances
from tests.unit.campaigns.world import CAMPAIGN, NOON, World, phone_of

PRICES = price_list("US=0.01,GB=0.04")
ME = "+12065550100"


def allowance(world_clock: FrozenClock, parts: int = 0, dollars: str = "0") -> Allowance:
    store = InMemoryAllowances()
    return Allowance(store, world_clock, ME, PRICES, parts, Decimal(dollars))


def send(world: World, limit: Allowance) -> SendStatus:
    sending = replace(world.sending(), allowance=limit)
    deadline = world.clock.monotonic() + 120
    return sending.send(CAMPAIGN, world.campaign.run, world.batches[0], deadline)


def published(world: World) -> int:
    return len(world.carrier.bodies)


def test_as_many_are_texted_as_the_day_holds_and_the_rest_the_day_after() -> None:
    world = World(people=5)
    limit = allowance(world.clock, parts=3)
    assert send(world, limit) is SendStatus.LATER
    assert (published(world), world.campaign.status) == (3, CampaignStatus.RUNNING)
    assert send(world, limit) is SendStatus.LATER
    assert published(world) == 3
    world.clock.advance(86_400)
    assert send(world, limit) is SendStatus.DONE
    assert world.fates == {Fate.SENT: 5}
    world.assert_promises()


def test_a_day_that_is_used_up_is_waited_for_and_not_asked_every_minute() -> None:
    world = World(people=5)
    limit = allowance(world.clock, parts=3)
    send(world, limit)
    closing = Closing(world.campaigns, world.clock, DayCheck(limit.store, ME, 3))
    closed = closing.close(CAMPAIGN, world.campaign.run)
    assert closed.status is CloseStatus.UNFINISHED
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert closed.wait_seconds == pytest.approx((midnight - NOON).total_seconds(), abs=5)


def test_a_month_that_is_spent_pauses_the_campaign_and_says_so() -> None:
    world = World(people=5)
    limit = allowance(world.clock, dollars="0.02")
    assert send(world, limit) is SendStatus.LATER
    assert (published(world), world.campaign.status) == (2, CampaignStatus.PAUSED)
    assert world.campaigns.decisions[-1][3] == "paused: the month's spend limit is reached"


def test_what_did_not_leave_is_given_back() -> None:
    world = World(people=3)
    limit = allowance(world.clock, parts=100, dollars="5")
    throttled = [SendResult(Outcome.THROTTLED, reason="slow down")] * 9
    world.carrier.answers[phone_of(0).e164] = throttled
    send(world, limit)
    day, month = f"day#{ME}#2026-11-23", f"month#{ME}#2026-11"
    assert limit.store.taken(day) == published(world)
    assert limit.store.taken(month) == published(world) * 10_000


def test_a_batch_costs_one_write_for_each_limit_and_none_without() -> None:
    for limits, writes in (((0, "0"), 0), ((1000, "0"), 1), ((1000, "90"), 2)):
        world = World(people=50)
        limit = allowance(world.clock, *limits)
        assert send(world, limit) is SendStatus.DONE
        assert isinstance(limit.store, InMemoryAllowances)
        assert limit.store.writes == writes


def test_texts_are_granted_in_their_order_and_parts_are_counted() -> None:
    limit = allowance(FrozenClock(NOON), parts=5)
    grant = limit.take([Ask("US", 2), Ask("US", 2), Ask("US", 2)])
    assert (grant.texts, grant.exhausted) == (2, Exhausted.DAY)
    assert limit.store.taken(grant.day) == 4


def test_what_the_month_refuses_does_not_use_up_the_day() -> None:
    limit = allowance(FrozenClock(NOON), parts=100, dollars="0.05")
    grant = limit.take([Ask("GB", 1), Ask("GB", 1)])
    assert (grant.texts, grant.exhausted) == (1, Exhausted.MONTH)
    assert (limit.store.taken(grant.day), limit.store.taken(grant.month)) == (1, 40_000)


def test_a_country_without_a_price_counts_as_the_dearest() -> None:
    limit = allowance(FrozenClock(NOON), dollars="9")
    dearest = max(price.per_part for price in PRICES.by_country.values())
    assert limit.cost(Ask("ZZ", 2)) == int(dearest * 1_000_000) * 2


@pytest.mark.parametrize("people", [1, 40])
def test_an_account_that_the_carrier_bars_pauses_the_campaign_with_its_reason(people: int) -> None:
    world = World(people=people)
    reason = "ConflictException:ACCOUNT_DISABLED"
    barred = SendResult(Outcome.THROTTLED, reason=reason, is_account_wide=True)
    for number in range(people):
        world.carrier.answers[phone_of(number).e164] = [barred] * 9
    assert world.send() is SendStatus.LATER
    assert world.campaign.status is CampaignStatus.PAUSED
    why = f"paused: the carrier takes nothing of this account: {reason}"
    assert world.campaigns.decisions[-1][3] == why
    # One question is enough, and nobody is lost by it.
    assert [len(a) for a in world.carrier.answers.values()].count(9) == people - 1
    world.carrier.answers.clear()
    world.set_status(CampaignStatus.RUNNING)
    assert world.send() is SendStatus.DONE
    assert world.fates == {Fate.SENT: people}
    world.assert_promises()

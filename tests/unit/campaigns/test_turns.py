"""Batches take turns at the rate of their number, and idle ones take none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.campaigns.model import Batch, CampaignStatus
from assent.campaigns.turns import Turn, Turns, give_back
from assent.errors import TryAgainError
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.unit.campaigns.world import CAMPAIGN, World, key_of, person

NOW = Turn(may_begin=True)


def turns_of(world: World) -> Turns:
    return Turns(world.campaigns, world.rates, world.clock, "+12065550100", 20)


def batch(number: int, parts: int = 1000) -> Batch:
    return Batch(f"x{number}", (key_of(number),), parts)


def ask(turns: Turns, number: int, parts: int = 1000, *, waited: int = 0) -> Turn:
    return turns.turn(CAMPAIGN, 1, batch(number, parts), waited)


def test_a_batch_begins_shortly_before_the_last_ones_work_is_used_up() -> None:
    world = World(1)
    turns = turns_of(world)
    assert ask(turns, 0) == NOW
    began, looks = world.clock.now(), 0
    while not (turn := ask(turns, 1)).may_begin:
        assert 1 <= turn.wait_seconds <= 5
        world.clock.sleep(turn.wait_seconds)
        looks += 1
    # 1000 parts at 20 a second.
    assert 46 <= (world.clock.now() - began).total_seconds() <= 47.6
    assert looks <= 11


def test_of_two_that_wait_only_one_begins() -> None:
    world = World(1)
    turns = turns_of(world)
    ask(turns, 0)
    world.clock.advance(50)
    assert ask(turns, 1) == NOW
    assert not ask(turns, 2).may_begin


def test_small_batches_follow_each_other_closely() -> None:
    turns = turns_of(World(1))
    assert [ask(turns, n, size).may_begin for n, size in enumerate([40, 0, 20, 200])] == [True] * 4
    assert not ask(turns, 5).may_begin


def test_nobody_waits_longer_than_an_express_execution_can_bear() -> None:
    turns = turns_of(World(1))
    for number in range(5):
        ask(turns, number)
    assert not ask(turns, 9, waited=119).may_begin
    assert ask(turns, 9, waited=120) == NOW


def test_a_done_batch_takes_no_turn() -> None:
    world = World(1)
    world.send()
    turns = turns_of(world)
    assert turns.turn(CAMPAIGN, 1, world.batches[0], 0) == NOW
    assert [ask(turns, 1).may_begin, ask(turns, 2).may_begin] == [True, False]


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED])
def test_a_campaign_that_sends_nothing_takes_no_turn(status: CampaignStatus) -> None:
    world = World(1)
    world.set_status(status)
    turns = turns_of(world)
    assert [ask(turns, number) for number in range(3)] == [NOW] * 3


def test_a_superseded_run_takes_no_turn() -> None:
    turns = turns_of(World(1))
    assert [turns.turn(CAMPAIGN, 0, batch(number), 0) for number in range(3)] == [NOW] * 3


def test_turns_do_not_use_up_the_rate_of_the_texts() -> None:
    world = World(1)
    turns = turns_of(world)
    for number in range(20):
        ask(turns, number)
    assert world.send() == "done"


def test_a_batch_that_sends_less_than_planned_lets_the_next_one_begin_sooner() -> None:
    world = World(60)
    for number in range(40):
        world.table.put(person(number, stopped_at=world.clock.now()))
    turns = turns_of(world)
    world.batches[0] = replace(world.batches[0], parts=600)
    turns.turn(CAMPAIGN, 1, world.batches[0], 0)
    assert not ask(turns, 1).may_begin
    assert world.send() == "done"
    # What was sent took one second, not thirty.
    assert world.clock.monotonic() < 2
    assert ask(turns, 1) == NOW


def test_giving_back_is_a_courtesy_that_may_fail() -> None:
    class Failing(InMemoryRateStore):
        def rewind(self, identity: str, by: int) -> None:
            del identity, by
            raise TryAgainError("not now")

    give_back(replace(World(1).pace, store=Failing()), 1000)

"""Batches take turns at the rate of their number, and idle ones take none."""

from __future__ import annotations

import pytest

from assent.campaigns.model import Batch, CampaignStatus
from assent.campaigns.turns import Turns
from tests.unit.campaigns.world import CAMPAIGN, World, key_of


def turns_of(world: World) -> Turns:
    return Turns(world.campaigns, world.rates, world.clock, "+12065550100", 20)


def batch(number: int, parts: int = 100) -> Batch:
    return Batch(f"x{number}", (key_of(number),), parts)


def test_batches_begin_one_after_the_other() -> None:
    turns = turns_of(World(1))
    waits = [turns.wait_seconds(CAMPAIGN, 1, batch(number)) for number in range(4)]
    assert waits == [0, 5, 10, 15]


def test_batches_of_unlike_sizes_follow_each_other_closely() -> None:
    turns = turns_of(World(1))
    sizes = [100, 40, 0, 100]
    waits = [turns.wait_seconds(CAMPAIGN, 1, batch(n, size)) for n, size in enumerate(sizes)]
    assert waits == [0, 5, 7, 7]


def test_no_wait_is_longer_than_an_express_execution_can_bear() -> None:
    turns = turns_of(World(1))
    waits = [turns.wait_seconds(CAMPAIGN, 1, batch(number)) for number in range(60)]
    assert max(waits) == 150
    assert waits[-1] == 150


def test_a_done_batch_takes_no_turn() -> None:
    world = World(1)
    world.send()
    turns = turns_of(world)
    assert turns.wait_seconds(CAMPAIGN, 1, world.batches[0]) == 0
    assert turns.wait_seconds(CAMPAIGN, 1, batch(1)) == 0


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED])
def test_a_campaign_that_sends_nothing_takes_no_turn(status: CampaignStatus) -> None:
    world = World(1)
    world.set_status(status)
    turns = turns_of(world)
    assert [turns.wait_seconds(CAMPAIGN, 1, batch(number)) for number in range(3)] == [0, 0, 0]


def test_a_superseded_run_takes_no_turn() -> None:
    turns = turns_of(World(1))
    assert [turns.wait_seconds(CAMPAIGN, 0, batch(number)) for number in range(3)] == [0, 0, 0]


def test_turns_do_not_use_up_the_rate_of_the_texts() -> None:
    world = World(1)
    turns = turns_of(world)
    for number in range(20):
        turns.wait_seconds(CAMPAIGN, 1, batch(number))
    assert world.send() == "done"

"""No text rests on a status that is older than a second, however long it took to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from assent.campaigns.model import CampaignStatus
from assent.campaigns.sending_status import StatusWatch
from assent.errors import TryAgainError
from tests.unit.campaigns.world import CAMPAIGN, World

if TYPE_CHECKING:
    from assent.campaigns.model import Campaign, CampaignStore
    from assent.identifiers import CampaignId


@dataclass
class SlowStore:
    """Answers with what was true when it was asked, each time after so many seconds; the campaign
    is paused while the second answer is on its way."""

    world: World
    seconds: list[float]
    readings: int = 0

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        found = self.world.campaigns.campaign(campaign_id)
        self.readings += 1
        if self.readings == 2:
            self.world.set_status(CampaignStatus.PAUSED)
        self.world.clock.advance(self.seconds.pop(0))
        return found

    def brake(self) -> None:
        return None


def watch_over(store: SlowStore) -> StatusWatch:
    return StatusWatch(cast("CampaignStore", store), store.world.clock, CAMPAIGN)


def test_a_reading_serves_for_a_second() -> None:
    store = SlowStore(World(1), [0, 0])
    watch = watch_over(store)
    store.world.clock.advance(0.99)
    assert watch.campaign().status is CampaignStatus.RUNNING
    assert store.readings == 1
    store.world.clock.advance(0.01)
    watch.campaign()
    assert store.readings == 2


def test_an_answer_that_came_too_late_is_asked_for_again() -> None:
    store = SlowStore(World(1), [0, 1.8, 0])
    watch = watch_over(store)
    store.world.clock.advance(1)
    assert watch.campaign().status is CampaignStatus.PAUSED
    assert store.readings == 3


def test_a_store_that_is_always_too_slow_sends_nothing() -> None:
    store = SlowStore(World(1), [1.0] * 4)
    watch = watch_over(store)
    with pytest.raises(TryAgainError):
        watch.campaign()

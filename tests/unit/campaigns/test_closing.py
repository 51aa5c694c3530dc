"""When a run may end, and that nobody is lost from the counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.campaigns.closing import Closed, CloseStatus, Closing
from assent.campaigns.model import (
    BatchResult,
    CampaignStatus,
    Fate,
    Release,
    SlicePlan,
)
from assent.errors import ChangedMeanwhileError, CountsDoNotAddUpError
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.unit.campaigns.world import CAMPAIGN, NOON, running

SENT_TWO = BatchResult("b", {Fate.SENT: 2}, {}, 2)


def closing_of(
    status: CampaignStatus = CampaignStatus.RUNNING, *, slices: int = 1
) -> tuple[Closing, InMemoryCampaignStore, FrozenClock]:
    store, clock = InMemoryCampaignStore(), FrozenClock(NOON)
    campaign = running(status=status)
    store.create(replace(campaign, frozen=replace(campaign.require_frozen(), slices=slices)))
    return Closing(store, clock), store, clock


def plan(store: InMemoryCampaignStore, candidates: int, *, held_out: int = 0) -> None:
    releases = (Release(NOON, "key", 1, candidates),) if candidates else ()
    store.record_plan(CAMPAIGN, SlicePlan(0, releases, held_out))


def test_a_campaign_whose_batches_are_done_is_completed() -> None:
    closing, store, _ = closing_of()
    plan(store, 2, held_out=1)
    store.record_batch(CAMPAIGN, SENT_TWO, NOON)
    assert closing.close(CAMPAIGN, 1) == Closed(CloseStatus.CLOSED)
    assert store.campaign(CAMPAIGN).status is CampaignStatus.COMPLETED
    assert store.progress(CAMPAIGN).planned == 3
    assert closing.close(CAMPAIGN, 1) == Closed(CloseStatus.CLOSED)


def test_an_audience_of_nobody_is_completed() -> None:
    closing, store, _ = closing_of()
    plan(store, 0)
    assert closing.close(CAMPAIGN, 1).status is CloseStatus.CLOSED


def test_a_cancelled_campaign_stays_cancelled() -> None:
    closing, store, _ = closing_of(CampaignStatus.CANCELLED)
    plan(store, 2)
    store.record_batch(CAMPAIGN, BatchResult("b", {Fate.CANCELLED: 2}, {}, 0), NOON)
    assert closing.close(CAMPAIGN, 1) == Closed(CloseStatus.CLOSED)
    assert store.campaign(CAMPAIGN).status is CampaignStatus.CANCELLED


def test_a_batch_not_done_is_waited_for() -> None:
    closing, store, _ = closing_of()
    plan(store, 2)
    assert closing.close(CAMPAIGN, 1) == Closed(CloseStatus.UNFINISHED, 45)


def test_a_slice_not_planned_is_waited_for() -> None:
    closing, store, _ = closing_of(slices=2)
    plan(store, 2)
    store.record_batch(CAMPAIGN, SENT_TWO, NOON)
    assert closing.close(CAMPAIGN, 1).status is CloseStatus.UNFINISHED


def test_rounds_are_rarer_while_nothing_is_sent() -> None:
    closing, store, clock = closing_of(slices=2)
    clock.advance(timedelta(minutes=11))
    assert closing.close(CAMPAIGN, 1).wait_seconds == 900
    plan(store, 2)
    store.record_batch(CAMPAIGN, SENT_TWO, clock.now())
    assert closing.close(CAMPAIGN, 1).wait_seconds == 45


@pytest.mark.parametrize(
    ("status", "run"),
    [(CampaignStatus.PAUSED, 1), (CampaignStatus.RUNNING, 0)],
    ids=["paused", "superseded"],
)
def test_a_run_that_has_nothing_more_to_do_ends(status: CampaignStatus, run: int) -> None:
    closing, store, _ = closing_of(status)
    plan(store, 2)
    assert closing.close(CAMPAIGN, run) == Closed(CloseStatus.PAUSED)


@pytest.mark.parametrize("sent", [1, 3], ids=["one lost", "one too many"])
def test_counts_that_do_not_add_up_are_an_error_and_the_campaign_stays_open(sent: int) -> None:
    closing, store, _ = closing_of()
    plan(store, 2)
    store.record_batch(CAMPAIGN, BatchResult("b", {Fate.SENT: sent}, {}, sent), NOON)
    with pytest.raises(CountsDoNotAddUpError, match=f"2 planned, {sent} with a fate"):
        closing.close(CAMPAIGN, 1)
    assert store.campaign(CAMPAIGN).status is CampaignStatus.RUNNING


class Contended(InMemoryCampaignStore):
    """Somebody else is faster the first `times`."""

    times = 0

    def replace(self, campaign, *, expected_version):  # type: ignore[no-untyped-def]
        if self.times:
            self.times -= 1
            raise ChangedMeanwhileError(campaign.campaign_id)
        return super().replace(campaign, expected_version=expected_version)


@pytest.mark.parametrize(
    ("times", "status"), [(2, CloseStatus.CLOSED), (99, CloseStatus.UNFINISHED)]
)
def test_a_change_in_between_is_looked_at_again(times: int, status: CloseStatus) -> None:
    store = Contended()
    store.create(running())
    plan(store, 0)
    store.times = times
    assert Closing(store, FrozenClock(NOON)).close(CAMPAIGN, 1).status is status

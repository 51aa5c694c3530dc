"""Who runs a campaign, and what is frozen when it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.audience.rules import Everyone
from assent.campaigns.model import BatchResult, CampaignStatus, Fate, QuietHours
from assent.campaigns.preparing import Prepared, Preparing
from assent.errors import (
    ChangedMeanwhileError,
    InputError,
    InvalidTextError,
    ProgrammeNotFoundError,
    SegmentNotFoundError,
)
from assent.identifiers import ProgrammeId, SegmentId
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.unit.campaigns.rehearsals import rehearsed
from tests.unit.campaigns.world import CAMPAIGN, NOON, World, definition, running


def drafted(status: CampaignStatus = CampaignStatus.SCHEDULED, **changes: object) -> World:
    world = World(0)
    world.campaigns = InMemoryCampaignStore()
    wanted = running(
        status=status, definition=definition(**changes), run=0, execution_id=None, frozen=None
    )
    world.campaigns.create(wanted if changes else rehearsed(world, wanted))
    return world


def preparing(world: World, *, parts_per_second: int = 20) -> Preparing:
    return Preparing(
        world.campaigns,
        world.segments,
        world.programmes,
        world.scan,
        world.clock,
        parts_per_second,
    )


@pytest.mark.parametrize("status", [CampaignStatus.REHEARSED, CampaignStatus.SCHEDULED])
def test_the_first_execution_freezes_and_runs_the_campaign(status: CampaignStatus) -> None:
    world = drafted(status)
    prepared = preparing(world).prepare(CAMPAIGN, "e1")
    assert prepared == Prepared(CAMPAIGN, 1, True, 1, 2, 1000)
    campaign = world.campaign
    assert (campaign.status, campaign.run, campaign.execution_id) == (
        CampaignStatus.RUNNING,
        1,
        "e1",
    )
    frozen = campaign.require_frozen()
    assert (frozen.rule, frozen.promised_per_month, frozen.launched_at) == (Everyone(), 4, NOON)
    assert world.campaigns.decisions[-1][2:] == ("workflow", "started by e1")


def test_the_same_execution_is_told_the_same_again() -> None:
    world = drafted()
    first = preparing(world).prepare(CAMPAIGN, "e1")
    assert preparing(world).prepare(CAMPAIGN, "e1") == first
    assert world.campaign.run == 1


def test_another_execution_has_nothing_to_do_while_one_runs() -> None:
    world = drafted()
    preparing(world).prepare(CAMPAIGN, "e1")
    assert not preparing(world).prepare(CAMPAIGN, "e2").proceed
    assert world.campaign.execution_id == "e1"


def test_a_freed_campaign_is_taken_up_as_the_next_run_with_what_was_frozen() -> None:
    world = drafted()
    preparing(world).prepare(CAMPAIGN, "e1")
    frozen = world.campaign.frozen
    world.campaigns.replace(replace(world.campaign, execution_id=None), expected_version=2)
    prepared = preparing(world).prepare(CAMPAIGN, "e2")
    assert (prepared.proceed, prepared.run) == (True, 2)
    assert world.campaign.frozen == frozen


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.COMPLETED])
def test_a_paused_or_ended_campaign_is_not_started(status: CampaignStatus) -> None:
    world = World(2)
    world.set_status(status)
    assert not preparing(world).prepare(CAMPAIGN, "e9").proceed


def test_a_cancelled_campaign_is_taken_up_until_everybody_is_counted() -> None:
    world = World(2)
    campaign = replace(world.campaign, status=CampaignStatus.CANCELLED, execution_id=None)
    world.campaigns.replace(campaign, expected_version=1)
    assert preparing(world).prepare(CAMPAIGN, "e2").proceed
    world.campaigns.record_batch(CAMPAIGN, BatchResult("b0", {Fate.CANCELLED: 2}, {}, 0), NOON)
    assert not preparing(world).prepare(CAMPAIGN, "e2").proceed


def test_a_campaign_cancelled_before_its_launch_has_nobody_to_count() -> None:
    assert not preparing(drafted(CampaignStatus.CANCELLED)).prepare(CAMPAIGN, "e1").proceed


@pytest.mark.parametrize(
    ("people", "parts_per_second", "slices", "batch_size", "max_concurrency"),
    [
        (0, 20, 1, 1000, 2),
        (1_000_000, 20, 1, 1000, 2),
        (1_000_001, 20, 2, 1000, 1),
        (50_000_000, 20, 40, 1000, 1),
        (1_000_000, 500, 1, 1000, 2),
        (1_000, 10, 1, 500, 2),
        (1_000, 1, 1, 50, 2),
    ],
)
def test_slices_and_batches_fit_the_audience_and_the_rate(
    people: int, parts_per_second: int, slices: int, batch_size: int, max_concurrency: int
) -> None:
    world = drafted()

    class Many:
        def approximate_count(self) -> int:
            return people

    world.scan = Many()  # type: ignore[assignment]
    prepared = preparing(world, parts_per_second=parts_per_second).prepare(CAMPAIGN, "e1")
    assert (prepared.slices, prepared.batch_size, prepared.max_concurrency) == (
        slices,
        batch_size,
        max_concurrency,
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, InputError),
        ({"name": "x" * 101}, InputError),
        ({"hold_out_percent": 51}, InputError),
        ({"hold_out_percent": -1}, InputError),
        ({"quiet_hours": QuietHours.OVERRIDE}, InputError),
        ({"quiet_hours": QuietHours.OVERRIDE, "quiet_hours_reason": " "}, InputError),
        ({"body": "Hi {{ shoe_size }}"}, InvalidTextError),
        ({"programme_id": ProgrammeId("none")}, ProgrammeNotFoundError),
        ({"segment_id": SegmentId("none")}, SegmentNotFoundError),
    ],
)
def test_what_the_launch_checks_refuse_is_not_started_either(
    changes: dict[str, object], error: type[Exception]
) -> None:
    world = drafted(CampaignStatus.SCHEDULED, **changes)
    with pytest.raises(error):
        preparing(world).prepare(CAMPAIGN, "e1")
    assert world.campaign.status is CampaignStatus.DRAFT
    assert world.campaigns.decisions[-1][2:] == ("workflow", f"not started: {error.code}")  # type: ignore[attr-defined]


def test_two_executions_at_once_give_one_owner() -> None:
    world = drafted()
    inner = world.campaigns.replace

    def raced(campaign, *, expected_version):  # type: ignore[no-untyped-def]
        world.campaigns.replace = inner  # type: ignore[method-assign]
        preparing(world).prepare(CAMPAIGN, "e2")
        return inner(campaign, expected_version=expected_version)

    world.campaigns.replace = raced  # type: ignore[method-assign]
    assert not preparing(world).prepare(CAMPAIGN, "e1").proceed
    assert world.campaign.execution_id == "e2"


def test_a_campaign_that_never_stands_still_is_an_error() -> None:
    world = drafted()

    def refuse(campaign, *, expected_version):  # type: ignore[no-untyped-def]
        raise ChangedMeanwhileError(campaign.campaign_id)

    world.campaigns.replace = refuse  # type: ignore[method-assign]
    with pytest.raises(ChangedMeanwhileError, match="keeps changing"):
        preparing(world).prepare(CAMPAIGN, "e1")

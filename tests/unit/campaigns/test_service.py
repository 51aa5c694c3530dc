"""What staff may do with a campaign in which status, and what it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.campaigns.model import PERMITTED_FROM, CampaignStatus
from assent.campaigns.reaping import Reaping
from assent.campaigns.service import CampaignService
from assent.errors import (
    CampaignNotFoundError,
    ChangedMeanwhileError,
    IllegalTransitionError,
    InputError,
    RehearsalStaleError,
    SegmentNotFoundError,
    TryAgainError,
)
from assent.identifiers import CampaignId, SegmentId
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.recording_schedules import RecordingSchedules
from tests.fakes.recording_workflow import RecordingWorkflow
from tests.unit.campaigns.rehearsals import rehearsed
from tests.unit.campaigns.world import CAMPAIGN, World, definition, running

Status = CampaignStatus


class House:
    """A service and a reaper on the same stores."""

    def __init__(self) -> None:
        self.world = world = World(0)
        self.clock = world.clock
        self.store = InMemoryCampaignStore()
        self.workflow = RecordingWorkflow()
        self.schedules = RecordingSchedules()
        self.service = CampaignService(
            self.store,
            world.segments,
            world.programmes,
            self.workflow,
            world.clock,
            world.ids,
            self.schedules,
        )
        self.reaping = Reaping(self.store, self.workflow, world.clock)

    def holds(self, status: Status, **changes: object) -> None:
        self.store.create(rehearsed(self.world, running(status=status, **changes)))

    @property
    def campaign(self):  # type: ignore[no-untyped-def]
        return self.store.campaign(CAMPAIGN)


@pytest.fixture
def house() -> House:
    return House()


def test_a_draft_is_checked_kept_and_logged(house: House) -> None:
    campaign = house.service.draft(definition(), "ada")
    assert (campaign.status, campaign.created_by) == (Status.DRAFT, "ada")
    assert house.service.campaign(campaign.campaign_id) == campaign
    assert house.service.campaigns(Status.DRAFT) == [campaign]
    assert house.store.decisions[-1][2:] == ("ada", "drafted")


def test_a_draft_that_cannot_be_sent_is_refused(house: House) -> None:
    with pytest.raises(SegmentNotFoundError):
        house.service.draft(definition(segment_id=SegmentId("none")), "ada")
    assert house.service.campaigns() == []


def test_an_edit_replaces_the_definition_of_the_version_that_was_seen(house: House) -> None:
    house.holds(Status.REHEARSED, frozen=None)
    edited = house.service.edit(CAMPAIGN, definition(name="Summer"), 1, "bob")
    assert (edited.definition.name, edited.status, edited.version) == ("Summer", Status.DRAFT, 2)
    with pytest.raises(ChangedMeanwhileError):
        house.service.edit(CAMPAIGN, definition(name="Autumn"), 1, "eve")
    with pytest.raises(InputError):
        house.service.edit(CAMPAIGN, definition(name=""), 2, "bob")


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.DRAFT, Status.REHEARSED}))
def test_what_was_launched_cannot_be_edited(house: House, status: Status) -> None:
    house.holds(status)
    with pytest.raises(IllegalTransitionError):
        house.service.edit(CAMPAIGN, definition(), 1, "bob")


def test_launching_schedules_and_starts_the_first_run(house: House) -> None:
    house.holds(Status.REHEARSED, run=0, frozen=None, execution_id=None)
    assert house.service.launch(CAMPAIGN, "ada").status is Status.SCHEDULED
    assert house.workflow.started == {"c_1-r1": {"campaign_id": "c_1"}}


def test_launching_again_restarts_what_was_never_taken_up(house: House) -> None:
    house.holds(Status.SCHEDULED, run=0, frozen=None, execution_id=None)
    house.workflow.start("c_1-r1", {})
    house.service.launch(CAMPAIGN, "ada")
    assert list(house.workflow.started) == ["c_1-r1", "c_1-r2"]


def test_a_campaign_whose_every_start_failed_says_so(house: House) -> None:
    house.holds(Status.SCHEDULED, run=0, frozen=None, execution_id=None)
    for number in range(1, 10):
        house.workflow.start(f"c_1-r{number}", {})
    with pytest.raises(TryAgainError):
        house.service.launch(CAMPAIGN, "ada")


def test_a_pause_is_one_write_and_a_resume_starts_the_next_run(house: House) -> None:
    house.holds(Status.RUNNING)
    assert house.service.pause(CAMPAIGN, "ada").status is Status.PAUSED
    assert house.workflow.started == {}
    resumed = house.service.resume(CAMPAIGN, "ada")
    assert (resumed.status, resumed.execution_id) == (Status.RUNNING, None)
    assert list(house.workflow.started) == ["c_1-r2"]
    assert [decision for *_, decision in house.store.decisions] == ["paused", "resumed"]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED])
def test_cancelling_what_is_under_way_starts_a_run_that_settles_it(
    house: House, status: Status
) -> None:
    house.holds(status)
    cancelled = house.service.cancel(CAMPAIGN, "ada")
    assert (cancelled.status, cancelled.execution_id) == (Status.CANCELLED, None)
    assert list(house.workflow.started) == ["c_1-r2"]


def test_cancelling_a_draft_starts_nothing(house: House) -> None:
    house.holds(Status.DRAFT, frozen=None)
    house.service.cancel(CAMPAIGN, "ada")
    assert house.workflow.started == {}


TARGETS = {
    "launch": Status.SCHEDULED,
    "pause": Status.PAUSED,
    "cancel": Status.CANCELLED,
}


@pytest.mark.parametrize("act", sorted(TARGETS))
@pytest.mark.parametrize("status", sorted(Status))
def test_every_act_is_permitted_from_its_states_only(
    house: House, act: str, status: Status
) -> None:
    house.holds(status)
    permitted = PERMITTED_FROM[TARGETS[act]]
    if act == "launch":
        permitted = frozenset({Status.REHEARSED, Status.SCHEDULED})
    if status in permitted:
        getattr(house.service, act)(CAMPAIGN, "ada")
        assert house.campaign.status is TARGETS[act]
        return
    with pytest.raises((IllegalTransitionError, RehearsalStaleError)):
        getattr(house.service, act)(CAMPAIGN, "ada")
    assert house.campaign.status is status


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PAUSED}))
def test_only_a_paused_campaign_is_resumed(house: House, status: Status) -> None:
    house.holds(status)
    with pytest.raises(IllegalTransitionError):
        house.service.resume(CAMPAIGN, "ada")


def test_of_two_who_change_a_campaign_at_once_one_is_told_to_look_again(house: House) -> None:
    house.holds(Status.RUNNING)
    inner = house.store.replace

    def raced(campaign, *, expected_version):  # type: ignore[no-untyped-def]
        house.store.replace = inner  # type: ignore[method-assign]
        house.service.cancel(CAMPAIGN, "eve")
        return inner(campaign, expected_version=expected_version)

    house.store.replace = raced  # type: ignore[method-assign]
    with pytest.raises(ChangedMeanwhileError, match="look at it again"):
        house.service.pause(CAMPAIGN, "ada")
    assert house.campaign.status is Status.CANCELLED


def test_the_progress_of_an_unknown_campaign_is_not_found(house: House) -> None:
    house.holds(Status.RUNNING)
    assert house.service.progress(CAMPAIGN).planned == 0
    with pytest.raises(CampaignNotFoundError):
        house.service.progress(CampaignId("c_9"))


def test_a_running_campaign_whose_execution_is_gone_is_restarted_once(house: House) -> None:
    house.holds(Status.RUNNING, execution_id="execution:gone")
    assert house.reaping.reap() == [CAMPAIGN]
    assert list(house.workflow.started) == ["c_1-r2"]
    assert house.campaign.execution_id is None
    assert house.store.decisions[-1][2:] == ("reaper", "restarted as c_1-r2")


def test_a_running_campaign_whose_execution_runs_is_left_alone(house: House) -> None:
    house.workflow.start("c_1-r1", {})
    house.holds(Status.RUNNING)
    assert house.reaping.reap() == []
    house.workflow.end("c_1-r1")
    assert house.reaping.reap() == [CAMPAIGN]


@pytest.mark.parametrize(
    ("status", "changes", "is_restarted"),
    [
        (Status.SCHEDULED, {"frozen": None, "execution_id": None}, True),
        (Status.CANCELLED, {"execution_id": None}, True),
        (Status.CANCELLED, {"frozen": None}, False),
        (Status.PAUSED, {}, False),
        (Status.COMPLETED, {}, False),
        (Status.DRAFT, {"frozen": None}, False),
    ],
    ids=["never taken up", "unsettled", "never launched", "paused", "completed", "draft"],
)
def test_the_reaper_restarts_what_has_work_left(
    house: House, status: Status, changes: dict[str, object], is_restarted: bool
) -> None:
    house.holds(status, **changes)
    assert (house.reaping.reap() == [CAMPAIGN]) is is_restarted


def test_a_cancelled_campaign_past_its_life_is_not_settled_any_more(house: House) -> None:
    house.holds(Status.CANCELLED, execution_id=None)
    house.clock.advance(31 * 86_400)
    assert house.reaping.reap() == []


def test_the_reaper_leaves_what_others_change_meanwhile(house: House) -> None:
    house.holds(Status.RUNNING)
    listed = house.store.campaigns

    def stale(status=None):  # type: ignore[no-untyped-def]
        return [replace(campaign, version=7) for campaign in listed(status)]

    house.store.campaigns = stale  # type: ignore[method-assign]
    assert house.reaping.reap() == []
    assert house.workflow.started == {}

"""The steps of a campaign's execution, each through its own handler, in the workflow's order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.functions.inbound import an_entry, an_event
from tests.functions.people import agree
from tests.functions.rehearsals import launch
from tests.functions.requests import Client
from tests.functions.world import Context, sample

if TYPE_CHECKING:
    from tests.functions.world import World

PEOPLE = [f"+1415555{number}" for number in range(5001, 5007)]
STOPPED = PEOPLE[-1]


@pytest.fixture(scope="module")
def campaign_id(world: World) -> str:
    """A campaign to six people, one of whom stops after planning; nothing of it has run."""
    for number, phone in enumerate(PEOPLE):
        agree(world, phone, first_name=f"Ada{number}")
    staff = Client(world, "campaign_api", "marketing")
    rule = {"field": "first_name", "op": "exists"}
    segment = staff.send("POST", "/v1/segments", {"name": "Named", "rule": rule}).json
    body = {
        "name": "Spring",
        "programme_id": "demo",
        "segment_id": segment["segment_id"],
        "body": "Hi {{ first_name }}, 20% off today",
        "quiet_hours": "override",
        "quiet_hours_reason": "test",
    }
    made = staff.send("POST", "/v1/campaigns", body).json
    assert launch(world, staff, made["campaign_id"]).status == 200
    return str(made["campaign_id"])


def step(world: World, name: str, **values: Any) -> Any:
    return world.invoke(name, {**sample(name), **values}, Context(milliseconds=120_000))


def prepare(world: World, campaign_id: str) -> list[dict[str, Any]]:
    """Prepare three times over and return the slices to plan."""
    prepared = step(world, "campaign_prepare", campaign_id=campaign_id)
    assert (prepared["proceed"], prepared["run"]) == (True, 1)
    assert prepared["max_concurrency"] >= 1
    assert [each["slice"] for each in prepared["slices"]] == list(range(len(prepared["slices"])))
    again = step(world, "campaign_prepare", campaign_id=campaign_id)
    assert again == prepared
    other = step(world, "campaign_prepare", campaign_id=campaign_id, execution_id="other")
    assert other["proceed"] is False
    slices: list[dict[str, Any]] = prepared["slices"]
    return slices


def text_batch(world: World, campaign_id: str, batch: dict[str, Any]) -> None:
    """Send one batch twice, after a superseded run has tried."""
    late = step(world, "campaign_send", campaign_id=campaign_id, run=99, batch=batch)
    assert late == {"status": "later"}
    waited = world.invoke("campaign_pace", {"campaign_id": campaign_id, "run": 1, "batch": batch})
    assert waited == {"may_begin": True, "wait_seconds": 0, "waited": 0}
    for _ in range(2):
        sent = step(world, "campaign_send", campaign_id=campaign_id, batch=batch)
        assert sent == {"status": "done"}


def test_a_campaign_runs_from_prepare_to_close(world: World, campaign_id: str) -> None:
    slices = prepare(world, campaign_id)
    plans = [world.invoke("campaign_plan", each) for each in slices]
    releases = [release for plan in plans for release in plan["releases"]]
    assert sum(release["candidates"] for release in releases) == len(PEOPLE)
    assert all(release["release_at"].endswith("Z") for release in releases)
    world.invoke("inbound_sms", an_event(an_entry(originationNumber=STOPPED, messageBody="STOP")))
    unfinished = step(world, "campaign_close", campaign_id=campaign_id)
    assert unfinished["status"] == "unfinished"
    assert unfinished["wait_seconds"] > 0

    for release in releases:
        for batch in json.loads(world.objects("CampaignBucket")[release["manifest_key"]]):
            text_batch(world, campaign_id, batch)

    assert step(world, "campaign_close", campaign_id=campaign_id)["status"] == "closed"
    for number, phone in enumerate(PEOPLE[:-1]):
        texts = [text for text in world.texts(phone) if "20% off" in text]
        assert len(texts) == 1
        assert f"Hi Ada{number}" in texts[0]
    assert not [text for text in world.texts(STOPPED) if "20% off" in text]


def test_its_progress_adds_up(world: World, campaign_id: str) -> None:
    staff = Client(world, "campaign_api", "marketing")
    shown = staff.get(f"/v1/campaigns/{campaign_id}").json
    progress = shown["progress"]
    assert shown["status"] == "completed"
    assert shown["launched_at"] is not None
    assert (progress["planned"], progress["sent"], progress["suppressed"]) == (6, 5, 1)
    assert progress["parts_sent"] == 5
    assert progress["rate_per_second"] > 0
    fates = ("refused", "not_renderable", "held_out", "in_doubt", "cancelled")
    assert all(progress[fate] == 0 for fate in fates)
    assert sum(progress["reasons"].values()) >= 1


def test_a_text_shows_in_the_reviewers_list(world: World, campaign_id: str) -> None:
    reviewer = Client(world, "export_api", "compliance")
    items = reviewer.get("/v1/messages", phone=PEOPLE[0]).json["items"]
    assert items[0]["campaign_id"] == campaign_id
    assert items[0]["outcome"] == "sent"


def test_an_unknown_campaign_fails_by_the_name_that_the_workflow_knows(world: World) -> None:
    from assent.errors import CampaignNotFoundError

    with pytest.raises(CampaignNotFoundError):
        world.invoke("campaign_prepare", sample("campaign_prepare"))


def test_the_reaper_gives_an_orphan_a_new_execution(world: World) -> None:
    staff = Client(world, "campaign_api", "marketing")
    segment = staff.send("POST", "/v1/segments", {"name": "All", "rule": {"all": True}}).json
    body = {
        "name": "Orphan",
        "programme_id": "demo",
        "segment_id": segment["segment_id"],
        "body": "Hello",
    }
    campaign_id = staff.send("POST", "/v1/campaigns", body).json["campaign_id"]
    launch(world, staff, campaign_id)
    machine = world.references["CampaignStateMachine"]
    name = f"{campaign_id}-r1"
    arn = machine.replace(":stateMachine:", ":execution:") + f":{name}"
    prepared = step(world, "campaign_prepare", campaign_id=campaign_id, execution_id=arn)
    assert prepared["proceed"] is True
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    assert campaign_id in world.invoke("campaign_reap", sample("campaign_reap"))["restarted"]
    names = [each["name"] for each in world.executions("CampaignStateMachine")]
    assert [each for each in names if each.startswith(campaign_id)] != [name]

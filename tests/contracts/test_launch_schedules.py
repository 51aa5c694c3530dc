from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from assent.aws.launch_schedules import EventBridgeLaunchSchedules
from assent.identifiers import CampaignId
from tests.fakes.recording_schedules import RecordingSchedules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.campaigns.starting import LaunchSchedules

ONE = CampaignId("c_1")
AT = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:assent-campaign"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("scheduler", region_name="us-east-1")


@pytest.fixture(params=["fake", "aws"])
def schedules(request: pytest.FixtureRequest, client: Any) -> LaunchSchedules:
    if request.param == "fake":
        return RecordingSchedules()
    return EventBridgeLaunchSchedules(client, "assent", MACHINE, "launcher")


def wanted(schedules: LaunchSchedules, client: Any) -> list[str]:
    if isinstance(schedules, RecordingSchedules):
        return [f"at({at:%Y-%m-%dT%H:%M:%S})" for at in schedules.wanted.values()]
    found = client.list_schedules()["Schedules"]
    return [client.get_schedule(Name=each["Name"])["ScheduleExpression"] for each in found]


def test_a_later_wish_takes_the_place_of_the_first(schedules: LaunchSchedules, client: Any) -> None:
    schedules.put(ONE, AT)
    assert wanted(schedules, client) == ["at(2026-11-27T15:00:00)"]
    schedules.put(ONE, AT + timedelta(hours=1))
    assert wanted(schedules, client) == ["at(2026-11-27T16:00:00)"]


def test_a_wish_is_forgotten_however_often(schedules: LaunchSchedules, client: Any) -> None:
    schedules.put(ONE, AT)
    for _ in range(2):
        schedules.remove(ONE)
    assert wanted(schedules, client) == []


def test_a_schedule_starts_the_one_machine_as_its_role_and_then_deletes_itself(client: Any) -> None:
    EventBridgeLaunchSchedules(client, "assent", MACHINE, "launcher").put(ONE, AT)
    made = client.get_schedule(Name="assent-c_1")
    assert made["ActionAfterCompletion"] == "DELETE"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["Target"]["Arn"] == MACHINE
    assert made["Target"]["RoleArn"] == "arn:aws:iam::123456789012:role/launcher"
    assert json.loads(made["Target"]["Input"]) == {"campaign_id": "c_1"}

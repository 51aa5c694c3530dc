"""The workflows in motion, on moto's interpreter, with functions that answer from a script."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from infra.local.workflows import for_moto
from tests.architecture.deployable import workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.core.config import DefaultConfig

BUCKET = "campaign-bucket"
EXECUTING: DefaultConfig = {"stepfunctions": {"execute_state_machine": True}}
TASKS = "moto.stepfunctions.parser.asl.component.state.exec.state_task"
INVOKE = f"{TASKS}.lambda_eval_utils._invoke_lambda_function"
PAST = "2020-01-01T00:00:00Z"
Answer = dict[str, Any]


class CrashedError(Exception):
    """A function's process died."""


def crash(_: Any) -> Answer:
    raise CrashedError


class Script:
    """Functions that answer what they are told to and remember what they were asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Answer]] = {}

    def invoke(self, parameters: dict[str, Any], **_: Any) -> Answer:
        function, event = (
            parameters["FunctionName"].rsplit(":", 1)[-1],
            json.loads(parameters["Payload"]),
        )
        self.calls.append((function, event))
        try:
            return {"StatusCode": 200, "Payload": self.answers[function](event)}
        except CrashedError:
            error = {"errorType": "CrashedError", "errorMessage": "crashed"}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": error}

    def asked(self, function: str) -> list[Any]:
        return [event for name, event in self.calls if name == function]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    told = Script()
    monkeypatch.setattr(
        INVOKE, lambda parameters, region, state_credentials: told.invoke(parameters)
    )
    with mock_aws(config=EXECUTING):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield told


def run(name: str, **start: str) -> Answer:
    """Start a workflow and wait until it has ended."""
    functions = {
        f"{each}Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{each}" for each in LAMBDAS
    }
    definition = for_moto(
        workflow(name, functions | {"CampaignBucket": BUCKET, "Partition": "aws"})
    )
    client = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/workflow"
    machine = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role
    )
    execution = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(start)
    )
    for _ in range(200):
        ended = dict(client.describe_execution(executionArn=execution["executionArn"]))
        if ended["status"] != "RUNNING":
            return ended
        time.sleep(0.05)
    pytest.fail("the workflow did not end")


LAMBDAS = (
    "CampaignPrepare",
    "CampaignPlan",
    "CampaignPace",
    "CampaignSend",
    "CampaignClose",
    "ExportBuild",
    "EvidenceSeal",
)


def manifest(key: str, batches: int) -> Answer:
    """Put a manifest in the bucket and give the release that names it."""
    items = [
        {"batch_id": f"{key}-{n}", "subscriber_keys": ["a", "b"], "parts": 2}
        for n in range(batches)
    ]
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(items).encode())
    return {"release_at": PAST, "manifest_key": key, "batches": batches, "candidates": 2 * batches}


def campaign(script: Script, releases: list[list[Answer]], settled: list[str]) -> None:
    """Script a campaign: the releases that each slice plans, and what Settle says each time."""
    slices = [
        {"campaign_id": "spring", "run": 1, "slice": n, "slices": len(releases)}
        for n in range(len(releases))
    ]
    says = iter(settled)
    script.answers = {
        "CampaignPrepare": lambda event: {
            "campaign_id": event["campaign_id"],
            "run": 1,
            "proceed": True,
            "max_concurrency": 2,
            "slices": slices,
        },
        "CampaignPlan": lambda event: {
            "slice": event["slice"],
            "releases": releases[event["slice"]],
        },
        "CampaignPace": lambda _: {"may_begin": True, "wait_seconds": 0, "waited": 0},
        "CampaignSend": lambda _: {"status": "done"},
        "CampaignClose": lambda _: {"status": next(says), "wait_seconds": 0},
    }


def test_every_batch_of_every_slice_and_window_is_sent_once(script: Script) -> None:
    campaign(script, [[manifest("m1", 3), manifest("m2", 1)], [], [manifest("m3", 1)]], ["closed"])
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    sent = script.asked("CampaignSend")
    assert sorted(each["batch"]["batch_id"] for each in sent) == [
        "m1-0",
        "m1-1",
        "m1-2",
        "m2-0",
        "m3-0",
    ]
    assert sent[0] == {"campaign_id": "spring", "run": 1, "batch": sent[0]["batch"]}


def test_an_execution_says_who_it_is_when_it_prepares(script: Script) -> None:
    campaign(script, [], ["closed"])
    ended = run("campaign", campaign_id="spring")
    assert script.asked("CampaignPrepare") == [
        {"campaign_id": "spring", "execution_id": ended["executionArn"]}
    ]


@pytest.mark.parametrize(
    "releases", [[], [[]], [[], []]], ids=["no slice", "an empty slice", "two empty slices"]
)
def test_an_audience_of_nobody_is_settled_and_closed(
    script: Script, releases: list[list[Answer]]
) -> None:
    campaign(script, releases, ["closed"])
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert script.asked("CampaignClose") == [{"campaign_id": "spring", "run": 1}]
    assert script.asked("CampaignSend") == []


def test_a_window_without_batches_is_passed_over(script: Script) -> None:
    campaign(script, [[manifest("m1", 0)]], ["closed"])
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"


def test_nothing_to_do_ends_before_planning(script: Script) -> None:
    script.answers = {"CampaignPrepare": lambda _: {"proceed": False}}
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert len(script.calls) == 1


def test_an_unfinished_batch_queues_for_the_rate_again(script: Script) -> None:
    campaign(script, [[manifest("m1", 1)]], ["closed"])
    says = iter(["unfinished", "unfinished", "done"])
    script.answers["CampaignSend"] = lambda _: {"status": next(says)}
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert len(script.asked("CampaignPace")) == len(script.asked("CampaignSend")) == 3


def test_a_batch_that_must_wait_for_later_is_left_to_settle(script: Script) -> None:
    campaign(script, [[manifest("m1", 1)]], ["unfinished", "closed"])
    says = iter(["later", "done"])
    script.answers["CampaignSend"] = lambda _: {"status": next(says)}
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert len(script.asked("CampaignClose")) == 2


def test_a_crash_while_sending_stops_neither_the_others_nor_is_it_repeated(script: Script) -> None:
    campaign(script, [[manifest("m1", 3)]], ["closed"])
    script.answers["CampaignSend"] = lambda event: (
        {"status": "done"} if event["batch"]["batch_id"] != "m1-0" else crash(event)
    )
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert len(script.asked("CampaignSend")) == 3


def test_a_paused_campaign_ends_its_execution(script: Script) -> None:
    campaign(script, [[manifest("m1", 1)]], ["paused"])
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"


def test_a_failed_plan_fails_the_execution(script: Script) -> None:
    campaign(script, [[]], ["closed"])
    script.answers["CampaignPlan"] = crash
    assert run("campaign", campaign_id="spring")["status"] == "FAILED"


def test_an_export_goes_on_while_there_is_more(script: Script) -> None:
    says, sealed = iter(["more", "more", "sign", "done"]), iter([False, True])
    script.answers = {
        "ExportBuild": lambda _: {"status": next(says)},
        "EvidenceSeal": lambda event: (
            {"status": "signed"} if "sign" in event else {"is_complete": next(sealed)}
        ),
    }
    assert run("export", export_id="e1", until=PAST, run="1")["status"] == "SUCCEEDED"
    assert script.asked("ExportBuild") == [{"export_id": "e1", "run": "1"}] * 4
    seal, sign = {"export_id": "e1", "until": PAST}, {"export_id": "e1", "sign": True}
    assert script.asked("EvidenceSeal") == [seal, seal, sign]


def test_an_export_that_fails_is_marked_and_fails_the_execution(script: Script) -> None:
    script.answers = {
        "ExportBuild": lambda event: {"status": "done"} if "failed" in event else crash(event),
        "EvidenceSeal": lambda _: {"is_complete": True},
    }
    assert run("export", export_id="e1", until=PAST, run="1")["status"] == "FAILED"
    given_up = {"export_id": "e1", "run": "1", "failed": True}
    assert script.asked("ExportBuild")[-1] == given_up


def test_a_batch_asks_again_until_it_may_begin_and_says_how_long_it_has_waited(
    script: Script,
) -> None:
    campaign(script, [[manifest("a", 1)]], ["closed"])
    answers = iter([(False, 1), (False, 3), (True, 3)])

    def pace(_: Answer) -> Answer:
        may_begin, waited = next(answers)
        return {"may_begin": may_begin, "wait_seconds": 0, "waited": waited}

    script.answers["CampaignPace"] = pace
    assert run("campaign", campaign_id="spring")["status"] == "SUCCEEDED"
    assert [event["pace"]["waited"] for event in script.asked("CampaignPace")] == [0, 1, 3]
    assert len(script.asked("CampaignSend")) == 1

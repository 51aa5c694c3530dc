from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from assent.aws import clients
from assent.aws.workflow import StepFunctionsWorkflow
from tests.fakes.recording_workflow import RecordingWorkflow

if TYPE_CHECKING:
    from assent.campaigns.model import Workflow

DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}


class Executions(Protocol):
    """What a test does to executions from outside."""

    def id_of(self, name: str) -> str: ...
    def end(self, name: str) -> None: ...


@dataclass
class FakeExecutions:
    workflow: RecordingWorkflow

    def id_of(self, name: str) -> str:
        return self.workflow.PREFIX + name

    def end(self, name: str) -> None:
        self.workflow.end(name)


@dataclass
class AwsExecutions:
    arn: str

    def id_of(self, name: str) -> str:
        return self.arn.replace(":stateMachine:", ":execution:") + ":" + name

    def end(self, name: str) -> None:
        clients.stepfunctions().stop_execution(executionArn=self.id_of(name))


@pytest.fixture(params=["fake", "aws"])
def both(request: pytest.FixtureRequest) -> tuple[Workflow, Executions]:
    if request.param == "fake":
        fake = RecordingWorkflow()
        return fake, FakeExecutions(fake)
    request.getfixturevalue("cloud")
    created = clients.stepfunctions().create_state_machine(
        name="campaign",
        definition=json.dumps(DEFINITION),
        roleArn="arn:aws:iam::123456789012:role/campaign",
    )
    arn = created["stateMachineArn"]
    return StepFunctionsWorkflow(clients.stepfunctions(), arn), AwsExecutions(arn)


def test_a_name_is_taken_once(both: tuple[Workflow, Executions]) -> None:
    workflow, executions = both
    assert workflow.start("c_1-r1", {"campaign_id": "c_1"})
    assert workflow.start("c_1-r2", {"campaign_id": "c_1"})
    executions.end("c_1-r1")
    assert not workflow.start("c_1-r1", {"campaign_id": "c_1"})
    assert not workflow.start("c_1-r2", {"campaign_id": "c_2"})


def test_an_execution_runs_until_it_ends(both: tuple[Workflow, Executions]) -> None:
    workflow, executions = both
    workflow.start("c_1-r1", {"campaign_id": "c_1"})
    assert workflow.is_running(executions.id_of("c_1-r1"))
    executions.end("c_1-r1")
    assert not workflow.is_running(executions.id_of("c_1-r1"))


def test_an_execution_that_nobody_knows_does_not_run(both: tuple[Workflow, Executions]) -> None:
    workflow, executions = both
    assert not workflow.is_running(executions.id_of("never"))


def test_the_payload_is_the_executions_input(cloud: None) -> None:
    created = clients.stepfunctions().create_state_machine(
        name="m", definition=json.dumps(DEFINITION), roleArn="arn:aws:iam::123456789012:role/m"
    )
    arn = created["stateMachineArn"]
    StepFunctionsWorkflow(clients.stepfunctions(), arn).start("one", {"campaign_id": "c_1"})
    execution_id = AwsExecutions(arn).id_of("one")
    found = clients.stepfunctions().describe_execution(executionArn=execution_id)
    assert json.loads(found["input"]) == {"campaign_id": "c_1"}

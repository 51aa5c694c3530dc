"""The workflows as text: states that exist, errors that exist, and no second try at sending."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint_file

from assent import errors
from tests.architecture.deployable import (
    WORKFLOWS,
    functions,
    identity_statements,
    listed,
    of_type,
    reference,
    states,
    template,
    workflow,
    workflow_text,
)

if TYPE_CHECKING:
    from pathlib import Path

MACHINES = {name: f"{name.title()}StateMachine" for name in WORKFLOWS}
SERVICE_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "States.ALL",
}
OUR_ERRORS = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
TRANSIENT = [*sorted(SERVICE_ERRORS - {"States.ALL"}), "TryAgainError"]
TASKS = [
    (name, state)
    for name in WORKFLOWS
    for state, each in states(workflow(name)).items()
    if each["Type"] == "Task"
]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:name"


def matched_errors(value: Any) -> list[str]:
    """Every ErrorEquals entry anywhere below a value."""
    if isinstance(value, list):
        return [found for each in value for found in matched_errors(each)]
    if not isinstance(value, dict):
        return []
    here = value.get("ErrorEquals", [])
    return [*here, *(found for each in value.values() for found in matched_errors(each))]


def reference_paths(state: dict[str, Any]) -> list[str]:
    """The paths that Step Functions allows no wildcard, slice or filter in."""
    fields = ("ItemsPath", "ResultPath", "TimestampPath", "SecondsPath", "MaxConcurrencyPath")
    paths = [state.get(field) for field in fields]
    return [*filter(None, paths), *(choice["Variable"] for choice in state.get("Choices", []))]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_step_functions_would_accept_the_definition(name: str, tmp_path: Path) -> None:
    """cfn-lint knows the schema of the language (E3601)."""
    wanted = template()["Resources"][MACHINES[name]]["Properties"]["DefinitionSubstitutions"]
    values = {each: ARN if each.endswith("Arn") else "aws" for each in wanted}
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "Definition": workflow(name, values),
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    path = tmp_path / "machine.json"
    path.write_text(json.dumps({"Resources": {"Machine": machine}}))
    assert lint_file(path) == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_placeholder_is_filled_and_every_filling_is_used(name: str) -> None:
    machine = of_type("AWS::Serverless::StateMachine")[MACHINES[name]]
    assert machine["DefinitionUri"] == f"infra/workflows/{name}.asl.yaml"
    assert set(machine["DefinitionSubstitutions"]) == set(
        re.findall(r"\$\{(\w+)}", workflow_text(name))
    )


@pytest.mark.parametrize(("name", "state"), TASKS)
def test_a_task_calls_a_function_that_exists_and_may_be_called(name: str, state: str) -> None:
    placeholder = states(workflow(name))[state]["Resource"].strip("${}")
    filled = of_type("AWS::Serverless::StateMachine")[MACHINES[name]]["DefinitionSubstitutions"][
        placeholder
    ]
    callable_ones = {
        reference(resource)
        for owner, each in identity_statements()
        if owner == f"{MACHINES[name]}Role" and "lambda:InvokeFunction" in listed(each["Action"])
        for resource in listed(each["Resource"])
    }
    assert reference(filled).removesuffix(".Arn") in functions()
    assert reference(filled) in callable_ones


def test_the_states_of_a_campaign_are_those_that_people_are_told_of() -> None:
    assert " ".join(states(workflow("campaign"))) == (
        "Prepare IsThereWork NothingToDo PlanAudience PlanSlice Release EachWindow WaitUntil "
        "SendBatches ReserveRate WaitForTurn IsItsTurn SendBatch IsBatchFinished BatchOver "
        "Settle IsSettled WaitToRetry Paused Closed"
    )


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_error_that_is_matched_can_be_raised(name: str) -> None:
    assert set(matched_errors(workflow(name))) <= OUR_ERRORS | SERVICE_ERRORS


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_transition_leads_somewhere(name: str) -> None:
    definition = workflow(name)
    targets = set(re.findall(r'"(?:Next|StartAt|Default)": "(\w+)"', json.dumps(definition)))
    assert targets == set(states(definition))


def test_sending_is_tried_again_only_when_it_never_began() -> None:
    send = states(workflow("campaign"))["SendBatch"]
    assert matched_errors(send) == ["Lambda.TooManyRequestsException"]
    assert "Catch" not in send


def test_the_map_around_sending_is_never_run_again_by_itself() -> None:
    for around in ("SendBatches", "EachWindow", "Release"):
        state = states(workflow("campaign"))[around]
        assert not {"Retry", "Catch"} & set(state)


@pytest.mark.parametrize(("name", "state"), [task for task in TASKS if task[1] != "SendBatch"])
def test_a_task_that_may_be_repeated_rides_out_a_hiccup(name: str, state: str) -> None:
    (retry,) = states(workflow(name))[state]["Retry"]
    assert sorted(retry["ErrorEquals"]) == sorted(TRANSIENT)
    assert retry["JitterStrategy"] == "FULL"
    assert retry["MaxAttempts"] >= 3


def test_batches_run_as_express_children_from_a_manifest_in_our_bucket() -> None:
    batches = states(workflow("campaign"))["SendBatches"]
    assert batches["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "EXPRESS",
    }
    assert batches["ItemReader"]["Parameters"]["Bucket"] == "${CampaignBucket}"
    assert batches["ToleratedFailurePercentage"] == 100
    assert "ResultWriter" in batches


@pytest.mark.parametrize("name", WORKFLOWS)
def test_paths_that_must_be_plain_are_plain(name: str) -> None:
    """Step Functions refuses wildcards and filters in a reference path; moto lets them pass."""
    for state in states(workflow(name)).values():
        for path in reference_paths(state):
            assert re.fullmatch(r"\$(\.\w+)*", path)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_machine_writes_down_its_errors_and_nobodys_data(name: str) -> None:
    machine = of_type("AWS::Serverless::StateMachine")[MACHINES[name]]
    assert (machine["Type"], machine["Tracing"]) == ("STANDARD", {"Enabled": True})
    assert (machine["Logging"]["Level"], machine["Logging"]["IncludeExecutionData"]) == (
        "ERROR",
        False,
    )

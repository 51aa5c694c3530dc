"""Every function states its bounds, logs where it may, and is told what its settings ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.architecture.deployable import functions, of_type, reference, statements_of, template

FUNCTIONS = functions()
# Read by Powertools and by telemetry.py, so every function has them and no Settings class does.
TELEMETRY = {"STAGE", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}
HTTP_LIMIT_SECONDS = 30


def events_of(function: str) -> list[dict[str, Any]]:
    return list(FUNCTIONS[function].get("Events", {}).values())


def memory_sizes(stated: Any) -> list[int]:
    """Return every size that the function can have: one, or those that a parameter allows."""
    if isinstance(stated, int):
        return [stated]
    allowed: list[int] = template()["Parameters"][stated["Ref"]]["AllowedValues"]
    return allowed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_states_its_bounds_and_its_duty(function: str) -> None:
    properties = FUNCTIONS[function]
    assert 1 <= properties["Timeout"] <= 900
    assert all(128 <= size <= 1769 for size in memory_sizes(properties["MemorySize"]))
    assert len(properties["Description"]) > 20


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_role_of_its_own(function: str) -> None:
    assert FUNCTIONS[function]["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    assert "Policies" not in FUNCTIONS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_to_its_own_group_and_only_there(function: str) -> None:
    group = f"{function}LogGroup"
    assert FUNCTIONS[function]["LoggingConfig"] == {"LogGroup": {"Ref": group}}
    writes = [
        each for each in statements_of(f"{function}Role") if "logs:PutLogEvents" in each["Action"]
    ]
    assert [reference(each["Resource"]) for each in writes] == [f"{group}.Arn"]


@pytest.mark.parametrize("group", of_type("AWS::Logs::LogGroup"))
def test_no_log_is_kept_for_ever(group: str) -> None:
    assert of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_exactly_what_its_settings_ask_for(function: str) -> None:
    from assent import settings

    asked = {name.upper() for name in getattr(settings, f"{function}Settings").variables()}
    assert set(FUNCTIONS[function]["Environment"]["Variables"]) == asked


def test_every_settings_class_belongs_to_a_function() -> None:
    from assent import settings

    classes = {name for name in vars(settings) if name.endswith("Settings") and name != "Settings"}
    assert classes == {f"{function}Settings" for function in FUNCTIONS}


def test_globals_hold_only_what_is_true_of_all() -> None:
    assert set(template()["Globals"]["Function"]["Environment"]["Variables"]) == TELEMETRY
    assert template()["Globals"]["Function"]["Tracing"] == "Active"


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if any(e["Type"] == "HttpApi" for e in events_of(f))]
)
def test_a_function_behind_the_api_ends_before_the_api_gives_up(function: str) -> None:
    assert FUNCTIONS[function]["Timeout"] < HTTP_LIMIT_SECONDS


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if any(e["Type"] == "Schedule" for e in events_of(f))]
)
def test_a_scheduled_function_has_somewhere_to_leave_what_failed(function: str) -> None:
    queues = of_type("AWS::SQS::Queue")
    target = FUNCTIONS[function]["DeadLetterQueue"]
    assert target["Type"] == "SQS"
    assert reference(target["TargetArn"]).removesuffix(".Arn") in queues
    for event in events_of(function):
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": target["TargetArn"]}

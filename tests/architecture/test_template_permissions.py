"""Least privilege: no wildcard beyond the list below, no table granted that is not used."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.architecture.deployable import (
    functions,
    identity_statements,
    listed,
    of_type,
    reference,
    statements,
    statements_of,
)

NO_RESOURCE = "this action has no resource to name (Service Authorization Reference)"
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": NO_RESOURCE,
    "xray:PutTelemetryRecords": NO_RESOURCE,
    "xray:GetSamplingRules": NO_RESOURCE,
    "xray:GetSamplingTargets": NO_RESOURCE,
    "logs:CreateLogDelivery": NO_RESOURCE,
    "logs:GetLogDelivery": NO_RESOURCE,
    "logs:UpdateLogDelivery": NO_RESOURCE,
    "logs:DeleteLogDelivery": NO_RESOURCE,
    "logs:ListLogDeliveries": NO_RESOURCE,
    "logs:PutResourcePolicy": NO_RESOURCE,
    "logs:DescribeResourcePolicies": NO_RESOURCE,
    "logs:DescribeLogGroups": NO_RESOURCE,
    "sns:ListPhoneNumbersOptedOut": NO_RESOURCE,
    "sns:CheckIfPhoneNumberIsOptedOut": NO_RESOURCE,
    "sns:OptInPhoneNumber": NO_RESOURCE,
}
STATEMENTS = list(identity_statements())
TABLE_FIELD = re.compile(r"_TABLE$")


def ids(case: Any) -> str:
    return case if isinstance(case, str) else ",".join(listed(case["Action"]))


@pytest.mark.parametrize(("owner", "statement"), STATEMENTS, ids=ids)
def test_an_action_is_named_in_full(owner: str, statement: dict[str, Any]) -> None:
    assert "NotAction" not in statement, owner
    assert all("*" not in action for action in listed(statement["Action"])), owner


@pytest.mark.parametrize(("owner", "statement"), STATEMENTS, ids=ids)
def test_a_resource_is_named_unless_there_is_none_to_name(
    owner: str, statement: dict[str, Any]
) -> None:
    if "NotResource" in statement:
        # A text to a phone number has no ARN; "no topic" is the narrowest form that works.
        assert (statement["Action"], reference(statement["NotResource"])) == (
            ["sns:Publish"],
            "arn:${AWS::Partition}:sns:*:*:*",
        )
    elif "*" in listed(statement["Resource"]):
        assert set(statement["Action"]) <= set(WITHOUT_RESOURCE), owner


@pytest.mark.parametrize(("owner", "statement"), STATEMENTS, ids=ids)
def test_a_pattern_in_a_resource_stays_inside_one_bucket_or_one_machine(
    owner: str, statement: dict[str, Any]
) -> None:
    for resource in listed(statement.get("Resource", [])):
        target = reference(resource)
        if "*" in target and target != "*":
            inside_a_bucket = re.fullmatch(r"\$\{\w+Bucket\.Arn}/\*", target)
            one_machine = target.endswith(":execution:${AWS::StackName}-campaign:*")
            an_origin = re.search(r":sms-voice:.*:(phone-number|sender-id|pool)/\*$", target)
            own_starts = target.endswith(":schedule/default/${AWS::StackName}-c_*")
            assert inside_a_bucket or one_machine or an_origin or own_starts, owner


def test_nothing_on_the_list_of_exceptions_is_left_over() -> None:
    used = {
        a for _, each in STATEMENTS for a in listed(each["Action"]) if each.get("Resource") == "*"
    }
    assert used == set(WITHOUT_RESOURCE)


@pytest.mark.parametrize("function", functions())
def test_a_function_may_use_exactly_the_tables_that_it_is_told_of(function: str) -> None:
    told = {
        reference(value)
        for name, value in functions()[function]["Environment"]["Variables"].items()
        if TABLE_FIELD.search(name)
    }
    granted = {
        re.sub(r"^\$\{|\.Arn.*$", "", reference(each["Resource"]))
        for each in statements_of(f"{function}Role")
        if listed(each["Action"])[0].startswith("dynamodb:")
    }
    assert granted == told


def test_who_writes_consent_may_put_down_a_notice_to_the_provider() -> None:
    """An opt-out is one transaction with its notice: without the one right, none is recorded."""

    def writers(table: str) -> set[str]:
        return {
            owner
            for owner, each in STATEMENTS
            if "dynamodb:PutItem" in listed(each["Action"])
            and reference(each["Resource"]) == f"{table}.Arn"
        }

    assert writers("ConsentEventsTable") == writers("OutboxTable")


@pytest.mark.parametrize("function", functions())
def test_an_index_is_granted_for_reading_only(function: str) -> None:
    for each in statements_of(f"{function}Role"):
        if "/index/" in reference(each.get("Resource", "")):
            assert listed(each["Action"]) == ["dynamodb:Query"]


def test_only_those_who_text_may_publish() -> None:
    publishers = {owner for owner, each in STATEMENTS if "sns:Publish" in listed(each["Action"])}
    assert publishers == {
        "ConfirmationSendRole",
        "ConsentLifecycleRole",
        "InboundSmsRole",
        "CampaignSendRole",
        "FlowRunRole",
    }
    policy = of_type("AWS::IAM::Policy")["EndUserMessagingPolicy"]
    assert {reference(role) for role in policy["Roles"]} == publishers


def users_of(key: str) -> set[str]:
    """The roles that may make MACs with a key."""
    return {
        owner
        for owner, each in STATEMENTS
        if "kms:GenerateMac" in listed(each["Action"])
        and f"{key}.Arn" in map(reference, listed(each.get("Resource", "")))
    }


def test_only_who_makes_or_opens_links_may_use_their_key() -> None:
    assert users_of("LinkKey") == {"CampaignSendRole", "FlowRunRole", "LinkFollowRole", "PagesRole"}


def test_only_those_who_meet_raw_numbers_may_key_them() -> None:
    keyed = users_of("PhoneKey")
    told = {
        f"{name}Role"
        for name, each in functions().items()
        if "PHONE_KEY_ID" in each["Environment"]["Variables"]
    }
    assert keyed == told


def test_who_keys_numbers_keys_them_under_every_version() -> None:
    policy = of_type("AWS::IAM::Policy")["OtherPhoneKeysPolicy"]
    told = {
        f"{name}Role"
        for name, each in functions().items()
        if "OTHER_PHONE_KEYS" in each["Environment"]["Variables"]
    }
    keyed = users_of("PhoneKey")
    assert {reference(role) for role in policy["Roles"]} == told == keyed
    (grant,) = statements(policy["PolicyDocument"])
    assert (grant["Action"], grant["Resource"]) == (
        ["kms:GenerateMac"],
        {"Fn::Split": [",", {"Ref": "OtherPhoneKeys"}]},
    )


def test_the_data_key_is_used_only_through_the_service_that_holds_the_data() -> None:
    for owner, each in STATEMENTS:
        if reference(each.get("Resource", "")) == "DataKey.Arn":
            assert "kms:ViaService" in each["Condition"]["StringEquals"], owner


@pytest.mark.parametrize("key", of_type("AWS::KMS::Key"))
def test_a_key_policy_names_its_actions_and_bounds_its_services(key: str) -> None:
    """The resource of a key policy is always "*": it means the key that carries it."""
    for each in statements(of_type("AWS::KMS::Key")[key]["KeyPolicy"]):
        assert all("*" not in action for action in listed(each["Action"]))
        if "Service" in each["Principal"]:
            assert each["Condition"] == {
                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            }


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"))
def test_a_role_is_assumed_by_one_service(role: str) -> None:
    (trust,) = statements(of_type("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"])
    kind = "states" if "StateMachine" in role else "lambda"
    # Starts campaigns that were put off, and nothing else.
    service = f"{'scheduler' if role == 'CampaignLaunchRole' else kind}.amazonaws.com"
    assert trust["Principal"] == {"Service": service}

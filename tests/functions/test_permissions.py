"""Least privilege, from real calls: a day of the service needs what the roles allow, and all of it.

The local stack refuses what a role does not allow, so every end-to-end test runs under the real
policies; here the other direction is held too.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from infra.local.permissions import acting_as
from infra.local.policies import Need, Role, Statement
from infra.local.stack import LocalStack
from tests.functions.journey import STEPS, Journey
from tests.functions.rights_day import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

Grant = tuple[str, str, str]
BY_GUIDE = "the DynamoDB guide names it as the least for tables under a customer's key"
LOST = "the brake is pulled only when the tables have lost what was sealed"
TOLD_ALL = "a consent store is told of all its tables; this function's part leaves that one alone"
ELSEWHERE = "moto has no list of End User Messaging; a stub of it is used in the contract tests"
NEW = "no step walks through this function yet: add one to journey.py"
# (function or *, action, end of the resource or of the service in between): why it stays unshown.
EXPLAINED: dict[Grant, str] = {
    ("CampaignClose", "dynamodb:GetItem", "ControlTable"): "asked only where DailyParts is set",
    ("FlowRun", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("FlowRun", "dynamodb:BatchGetItem", "MessagesTable"): "a claim that a dead run left is judged "
    "after half a minute, which no step waits for",
    ("*", "kms:Encrypt", "dynamodb"): BY_GUIDE,
    ("*", "kms:GenerateDataKey", "dynamodb"): BY_GUIDE,
    ("ConsentApi", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("SignUpPage", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("ConfirmationSend", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("ConsentStaff", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("ConsentLifecycle", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("CampaignSend", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("DeliveryStatus", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("RightsApi", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("Retention", "dynamodb:PutItem", "OutboxTable"): TOLD_ALL,
    ("EvidenceSeal", "dynamodb:GetItem", "CampaignsTable"): LOST,
    ("EvidenceSeal", "dynamodb:PutItem", "CampaignsTable"): LOST,
    ("ImportApi", "s3:ListBucket", ""): "S3 says 403 and not 404 of a missing file without it",
    ("OptOutsReconcile", "sms-voice:DescribeOptedOutNumbers", ""): ELSEWHERE,
    ("OptOutsReconcile", "sms-voice:PutOptedOutNumber", ""): ELSEWHERE,
    ("OptOutsReconcile", "sms-voice:DeleteOptedOutNumber", ""): ELSEWHERE,
}
# Passing a role is asked of the caller by AWS itself, in the call that names the role.
EXPLAINED[("CampaignApi", "iam:PassRole", "scheduler")] = "moto does not ask for it"
UNWALKED: dict[str, str] = {}


@pytest.fixture(scope="module")
def journey() -> Iterator[Journey]:
    with LocalStack.start(port=0, schedules=False, parameters=AT_ONCE) as stack:
        made = Journey(stack)
        for step in STEPS:
            step(made)
        # What the tests below provoke is not part of the day.
        made.refused, made.used = stack.permissions.refused, stack.permissions.used
        yield made


def grants(role: Role) -> Iterator[Statement]:
    """Every action on every resource, one at a time."""
    for each in role.statements:
        for action in each.actions:
            for resource in each.resources:
                yield dataclasses.replace(each, actions=(action,), resources=(resource,))


def fits(explained: Grant, function: str, grant: Statement) -> bool:
    who, action, end = explained
    where = grant.via[0].partition(".")[0] if grant.via else grant.resources[0]
    return who in ("*", function) and grant.actions == (action,) and where.endswith(end)


def is_explained(function: str, grant: Statement) -> bool:
    return function in UNWALKED or any(fits(each, function, grant) for each in EXPLAINED)


def unused(journey: Journey) -> list[tuple[str, Statement]]:
    return [
        (function, grant)
        for function, role in journey.stack.permissions.roles.items()
        for grant in grants(role)
        if not any(who == function and grant.covers(need) for who, need in journey.used)
    ]


def test_nothing_that_a_function_does_is_refused(journey: Journey) -> None:
    assert journey.refused == set()


def test_every_permission_is_used_or_explained(journey: Journey) -> None:
    assert [each for each in unused(journey) if not is_explained(*each)] == []


def test_no_explanation_is_left_over(journey: Journey) -> None:
    idle = unused(journey)
    for each in EXPLAINED:
        assert any(fits(each, *one) for one in idle), each
    assert set(UNWALKED) <= {function for function, _ in idle}


def test_every_function_may_keep_its_own_log_and_trace_itself(journey: Journey) -> None:
    wanted = {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
    }
    for function in journey.stack.permissions.roles:
        mine = {need.action for who, need in journey.used if who == function}
        assert wanted <= mine, function


# The check itself


def table(journey: Journey, name: str) -> str:
    return journey.stack.physical_id(name)


def test_a_call_outside_the_role_is_refused_as_aws_refuses_it(journey: Journey) -> None:
    client = journey.stack.client("dynamodb")
    name = table(journey, "SubscribersTable")
    with acting_as("CampaignClose"), pytest.raises(ClientError) as caught:
        client.scan(TableName=name)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "not authorized to perform: dynamodb:Scan" in error["Message"]
    assert client.scan(TableName=name)["Items"]


def test_a_transaction_needs_the_right_to_each_of_its_writes(journey: Journey) -> None:
    client = journey.stack.client("dynamodb")
    key = {"pk": {"S": "x"}}
    writes = [{"Delete": {"TableName": table(journey, "ControlTable"), "Key": key}}]
    with acting_as("InboundSms"), pytest.raises(ClientError) as caught:
        client.transact_write_items(TransactItems=writes)
    assert "dynamodb:DeleteItem" in caught.value.response["Error"]["Message"]


def test_a_bucket_that_may_not_be_listed_hides_what_is_missing(journey: Journey) -> None:
    client, bucket = journey.stack.client("s3"), journey.stack.physical_id("ExportBucket")
    with acting_as("ExportBuild"), pytest.raises(ClientError) as caught:
        client.get_object(Bucket=bucket, Key="none")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_an_operation_that_is_not_known_is_never_allowed(journey: Journey) -> None:
    client = journey.stack.client("ssm")
    with acting_as("ConsentApi"), pytest.raises(ClientError):
        client.get_parameter(Name="x")


KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (Need("kms:Decrypt", KEY, "s3.us-east-1.amazonaws.com"), True),
        (Need("kms:Decrypt", KEY, "sqs.us-east-1.amazonaws.com"), False),
        (Need("kms:Decrypt", KEY), False),
        (Need("kms:Encrypt", KEY, "s3.us-east-1.amazonaws.com"), False),
        (Need("sns:Publish", "phone number"), True),
        (Need("sns:Publish", "arn:aws:sns:us-east-1:123456789012:alarms"), False),
        (Need("s3:PutObject", "arn:aws:s3:::bucket/a/b"), True),
        (Need("s3:PutObject", "arn:aws:s3:::bucket"), False),
        (Need("s3:GetObject", "arn:aws:s3:::bucket/a"), False),
    ],
    ids=str,
)
def test_statements_are_judged_as_iam_judges_them(need: Need, allowed: bool) -> None:
    through_s3 = ("s3.us-east-1.amazonaws.com",)
    role = Role(
        "Role",
        (
            Statement(("kms:Decrypt",), (KEY,), via=through_s3),
            Statement(("sns:Publish",), ("arn:aws:sns:*:*:*",), excludes=True),
            Statement(("s3:PutObject",), ("arn:aws:s3:::bucket/*",)),
        ),
    )
    assert role.allows(need) is allowed


def test_a_key_must_allow_it_too() -> None:
    grant = Statement(("kms:Encrypt",), (KEY,))
    assert Role("Role", (grant,)).allows(Need("kms:Encrypt", KEY))
    closed: dict[str, tuple[Statement, ...]] = {KEY: (Statement(("kms:GenerateMac",), ("*",)),)}
    assert not Role("Role", (grant,), closed).allows(Need("kms:Encrypt", KEY))

"""AWS in this process, made from template.yaml, and the real handlers wired to it.

Names in the environment are those of the template's own references, so a function that is told too
little fails here before it fails in an account.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from tests.architecture.deployable import functions, of_type, template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).parent / "events"
REGION = "us-east-1"
SITE = "https://api.example"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
_FEEDS_A_QUEUE = ("consent_api", "consent_staff", "sign_up_page")
# One address and one block of numbers sign up whole test files; the limits have tests of their own.
ROOMY = {
    "SignUpsPerIp": "1000000",
    "SignUpsPerPrefix": "1000000",
    "TextsPerHour": "1000000",
    "TextsPerCountryDay": "1000000",
}
_MACHINE = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


@dataclass
class Context:
    """What Lambda passes beside the event."""

    function_name: str = "under-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:under-test"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class World:
    """The stack's stores and keys, and the functions told of them."""

    references: dict[str, str] = field(default_factory=dict)

    def invoke(self, function: str, event: Any, context: Context | None = None) -> Any:
        """Call a function by its folder's name, the event and answer as JSON would carry them."""
        self.wire(function)
        answer = handler_module(function).handler(_json(event), context or Context())
        if function in _FEEDS_A_QUEUE:
            self.deliver()
        return _json(answer)

    def deliver(self) -> None:
        """Hand what waits in the sign-ups' queue to its function, as Lambda would."""
        sqs, url = boto3.client("sqs"), self.references["ConfirmationQueue"]
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                record = {"messageId": each["MessageId"], "body": each["Body"]}
                answer = self.invoke("confirmation_send", {"Records": [record]})
                assert answer == {"batchItemFailures": []}
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    def wire(self, function: str) -> Any:
        """Return the function's parts, built under its own environment."""
        module = handler_module(function)
        with environment({**CREDENTIALS, **self.variables(function)}):
            return module.wiring()

    def variables(self, function: str) -> dict[str, str]:
        logical_id = "".join(word.capitalize() for word in function.split("_"))
        told = functions()[logical_id]["Environment"]["Variables"]
        return {name: self._told(value) for name, value in told.items()}

    def _told(self, value: dict[str, Any]) -> str:
        """A reference; of a condition its first branch, or the site where that is empty."""
        if "Fn::If" in value:
            return self._told(value["Fn::If"][1]) or SITE
        return self.references[value["Ref"]]

    def items(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = boto3.resource("dynamodb").Table(table).scan()["Items"]
        return found

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is stored about people, campaigns and programmes."""
        apart = ("ControlTable", "StaffAuditTable")
        tables = [name for name in of_type("AWS::DynamoDB::Table") if name not in apart]
        return {name: self.items(name) for name in tables}

    def objects(self, bucket: str) -> dict[str, bytes]:
        s3, name = boto3.client("s3"), self.references[bucket]
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def texts(self, to: str | None = None) -> list[str]:
        """Return the texts that were published, all or to one number, in order."""
        sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values()
        return [body for number, body in sent if to in (None, number)]

    def executions(self, machine: str) -> list[dict[str, Any]]:
        found = boto3.client("stepfunctions").list_executions(
            stateMachineArn=self.references[machine]
        )
        return [dict(each) for each in found["executions"]]


def sample(name: str) -> dict[str, Any]:
    """Return a recorded event."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


@cache
def handler_module(function: str) -> ModuleType:
    """Return a function's handler, imported under a name of its own."""
    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions_under_test.{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def a_world(parameters: Mapping[str, str] = MappingProxyType(ROOMY)) -> Iterator[World]:
    """A new stack; functions wired to an earlier one forget it. `parameters` override the
    template's own values."""
    with environment(CREDENTIALS), mock_aws():
        for path in sorted((ROOT / "functions").iterdir()):
            if (path / "handler.py").exists():
                handler_module(path.name).wiring.cache_clear()
        yield World({**_references(), **parameters})


def _references() -> dict[str, str]:
    parameters = template()["Parameters"]
    found = {name: str(each.get("Default", "")) for name, each in parameters.items()}
    for name, properties in of_type("AWS::DynamoDB::Table").items():
        _create_table(name, properties)
        found[name] = name
    for name in of_type("AWS::SQS::Queue"):
        found[name] = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    staff = boto3.client("cognito-idp")
    found["UserPool"] = staff.create_user_pool(PoolName="staff")["UserPool"]["Id"]
    client = staff.create_user_pool_client(UserPoolId=found["UserPool"], ClientName="staff")
    found["UserPoolClient"] = client["UserPoolClient"]["ClientId"]
    for name in of_type("AWS::S3::Bucket"):
        found[name] = name.lower()
        boto3.client("s3").create_bucket(Bucket=name.lower())
    for name, properties in of_type("AWS::KMS::Key").items():
        if properties.get("KeySpec", "").startswith("HMAC"):
            made = boto3.client("kms").create_key(
                KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"
            )
            found[name] = made["KeyMetadata"]["KeyId"]
        elif properties.get("KeyUsage") == "SIGN_VERIFY":
            made = boto3.client("kms").create_key(
                KeySpec=properties["KeySpec"], KeyUsage="SIGN_VERIFY"
            )
            found[name] = made["KeyMetadata"]["KeyId"]
    found |= {name: name for name in of_type("AWS::IAM::Role")}
    found["AWS::StackName"] = "assent"
    for name in of_type("AWS::Serverless::StateMachine"):
        made_machine = boto3.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(_MACHINE), roleArn="arn:aws:iam::123456789012:role/x"
        )
        found[name] = made_machine["stateMachineArn"]
    return found


def _create_table(name: str, properties: dict[str, Any]) -> None:
    kept = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    options = {key: copy.deepcopy(properties[key]) for key in kept if key in properties}
    boto3.client("dynamodb").create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **options)


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))

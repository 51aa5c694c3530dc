"""What AWS itself does under a function's role: keep its log, trace it, read its queue, put aside
events that failed.

None of these is a call of ours, so they are read off the template: a role that lacks one of them
deploys and runs, and loses logs or events in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.needs import Needs, key_arn, queue_arn, table_arn
from infra.local.permissions import Permissions
from infra.local.policies import Need, read_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.deploy import Deployment
    from infra.local.lambdas import Functions

_TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
_LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")


def permissions(deployment: Deployment, functions: Functions) -> Permissions:
    """The permissions of a deployment; what AWS does in the functions' names is judged already."""
    needs = Needs(_keys(deployment))
    made = Permissions(read_roles(deployment), needs)
    for function in functions.all:
        for need in _of_function(deployment, function.spec.logical_id):
            made.may(function.spec.logical_id, need)
    for logical_id in deployment.of_type("AWS::Lambda::EventSourceMapping"):
        properties = deployment.properties(logical_id)
        reader = functions.find(properties["FunctionName"]).spec.logical_id
        made.may(reader, Need("sqs:GetQueueAttributes", properties["EventSourceArn"]))
    return made


def _of_function(deployment: Deployment, logical_id: str) -> Iterator[Need]:
    properties = deployment.properties(logical_id)
    if properties.get("TracingConfig", {}).get("Mode") == "Active":
        yield from (Need(each, "*") for each in _TRACING)
    given = properties.get("LoggingConfig", {}).get("LogGroup")
    for group in deployment.of_type("AWS::Logs::LogGroup"):
        if deployment.reference(group) == given:
            arn = deployment.attribute(group, "Arn")
            yield from (Need(each, arn) for each in _LOGGING)
    aside = properties.get("DeadLetterConfig", {}).get("TargetArn")
    if aside:
        yield Need("sqs:SendMessage", aside)


def _keys(deployment: Deployment) -> dict[str, str]:
    """The customer's key of every table, bucket and queue that has one, by ARN."""
    found = {}
    for each in deployment.of_type("AWS::DynamoDB::Table"):
        key = deployment.properties(each).get("SSESpecification", {}).get("KMSMasterKeyId")
        found[table_arn(str(deployment.reference(each)))] = key
    for each in deployment.of_type("AWS::SQS::Queue"):
        key = deployment.properties(each).get("KmsMasterKeyId")
        found[queue_arn(str(deployment.reference(each)))] = key
    for each in deployment.of_type("AWS::S3::Bucket"):
        encryption = deployment.properties(each).get("BucketEncryption", {})
        for rule in encryption.get("ServerSideEncryptionConfiguration", []):
            key = rule.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
            found[deployment.attribute(each, "Arn")] = key
    return {arn: key_arn(key) for arn, key in found.items() if key}

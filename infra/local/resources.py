"""Creates the resources of a template that hold state, one function per CloudFormation type.

moto's own CloudFormation would be shorter to call, but drops what this service stands on (HMAC key
specs, SNS subscriptions, the executing Step Functions backend, user pool clients) and cannot reach
another DynamoDB; the public APIs are what CloudFormation itself calls, so these take the same
properties.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.local.cloud import ACCOUNT, REGION, Cloud


@dataclass(frozen=True)
class Wanted:
    """One resource to create: name is the physical name to use when the template gives none."""

    logical_id: str
    type: str
    name: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What a resource became: the value of Ref, and those of Fn::GetAtt."""

    physical_id: str
    attributes: dict[str, str] = field(default_factory=dict)


Creator = Callable[[Cloud, Wanted], Made]


def _only(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: properties[name] for name in names if name in properties}


def create_table(cloud: Cloud, wanted: Wanted) -> Made:
    """A table with its indexes and TTL. One that exists already (DynamoDB Local keeps its data) is
    kept.
    """
    client, name = cloud.client("dynamodb"), wanted.properties.get("TableName", wanted.name)
    properties = wanted.properties
    keep = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    try:
        client.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", **_only(properties, *keep)
        )
    except client.exceptions.ResourceInUseException:
        return Made(name, _table_attributes(name))
    ttl = properties.get("TimeToLiveSpecification")
    if ttl:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    if properties.get("PointInTimeRecoverySpecification") and not cloud.dynamodb_endpoint:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    return Made(name, _table_attributes(name))


def _table_attributes(name: str) -> dict[str, str]:
    return {"Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}


def create_bucket(cloud: Cloud, wanted: Wanted) -> Made:
    """A bucket with versioning and Object Lock as declared."""
    client = cloud.client("s3")
    name = wanted.properties.get("BucketName", wanted.name.lower())
    client.create_bucket(
        Bucket=name, ObjectLockEnabledForBucket=bool(wanted.properties.get("ObjectLockEnabled"))
    )
    versioning = wanted.properties.get("VersioningConfiguration")
    if versioning:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    lock = wanted.properties.get("ObjectLockConfiguration")
    if lock:
        kept = lock.get("Rule", {}).get("DefaultRetention", {})
        kept.update((unit, int(kept[unit])) for unit in ("Days", "Years") if unit in kept)
        client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    return Made(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": f"{name}.s3.amazonaws.com"})


def create_key(cloud: Cloud, wanted: Wanted) -> Made:
    """A KMS key of the declared spec and usage (HMAC and signing keys included)."""
    options = _only(wanted.properties, "KeySpec", "KeyUsage", "Description", "MultiRegion")
    made = cloud.client("kms").create_key(**options)["KeyMetadata"]
    return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def create_alias(cloud: Cloud, wanted: Wanted) -> Made:
    """A KMS alias."""
    name = wanted.properties["AliasName"]
    key = wanted.properties["TargetKeyId"].split("/")[-1]
    cloud.client("kms").create_alias(AliasName=name, TargetKeyId=key)
    return Made(name)


def create_topic(cloud: Cloud, wanted: Wanted) -> Made:
    """An SNS topic."""
    name = wanted.properties.get("TopicName", wanted.name)
    arn = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    for entry in wanted.properties.get("Subscription", []):
        cloud.client("sns").subscribe(
            TopicArn=arn, Protocol=entry["Protocol"], Endpoint=entry["Endpoint"]
        )
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def create_subscription(cloud: Cloud, wanted: Wanted) -> Made:
    """An SNS subscription with its attributes."""
    properties = wanted.properties
    attributes = {}
    for name in ("FilterPolicy", "RawMessageDelivery", "RedrivePolicy"):
        if name in properties:
            value = properties[name]
            attributes[name] = value if isinstance(value, str) else json.dumps(value)
    arn = cloud.client("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(arn, {"Arn": arn})


_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "MaximumMessageSize",
    "FifoQueue",
    "ContentBasedDeduplication",
    "RedrivePolicy",
)


def create_queue(cloud: Cloud, wanted: Wanted) -> Made:
    """An SQS queue with its redrive policy. Long polling is left out: it would hold moto's lock
    while it waits.
    """
    name = wanted.properties.get("QueueName", wanted.name)
    attributes = {
        key: json.dumps(value) if isinstance(value, dict | bool) else str(value)
        for key, value in _only(wanted.properties, *_QUEUE_ATTRIBUTES).items()
    }
    client = cloud.client("sqs")
    url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return Made(url, {"Arn": arn["QueueArn"], "QueueName": name, "QueueUrl": url})


def create_user_pool(cloud: Cloud, wanted: Wanted) -> Made:
    """A Cognito user pool."""
    keep = (
        "Policies",
        "AdminCreateUserConfig",
        "UsernameAttributes",
        "AutoVerifiedAttributes",
        "MfaConfiguration",
    )
    client = cloud.client("cognito-idp")
    name = wanted.properties.get("UserPoolName", wanted.name)
    pool = client.create_user_pool(PoolName=name, **_only(wanted.properties, *keep))["UserPool"]
    issuer = f"cognito-idp.{REGION}.amazonaws.com/{pool['Id']}"
    attributes = {"Arn": pool["Arn"], "ProviderName": issuer, "ProviderURL": f"https://{issuer}"}
    return Made(pool["Id"], attributes | {"UserPoolId": pool["Id"]})


def create_user_pool_client(cloud: Cloud, wanted: Wanted) -> Made:
    """An app client of a user pool."""
    properties = dict(wanted.properties)
    properties.setdefault("ClientName", wanted.name)
    client = cloud.client("cognito-idp")
    made = client.create_user_pool_client(**properties)["UserPoolClient"]
    return Made(made["ClientId"], {"ClientId": made["ClientId"]})


def create_user_pool_group(cloud: Cloud, wanted: Wanted) -> Made:
    """A group of a user pool."""
    keep = ("GroupName", "UserPoolId", "Description", "Precedence")
    cloud.client("cognito-idp").create_group(**_only(wanted.properties, *keep))
    return Made(wanted.properties["GroupName"])


def create_user_pool_domain(cloud: Cloud, wanted: Wanted) -> Made:
    """The sign-in domain of a user pool."""
    keep = _only(wanted.properties, "Domain", "UserPoolId")
    cloud.client("cognito-idp").create_user_pool_domain(**keep)
    return Made(keep["Domain"])


def create_parameter(cloud: Cloud, wanted: Wanted) -> Made:
    """An SSM parameter."""
    name, value = wanted.properties.get("Name", wanted.name), wanted.properties["Value"]
    kind = wanted.properties.get("Type", "String")
    cloud.client("ssm").put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)
    return Made(name, {"Value": value, "Type": kind})


def create_secret(cloud: Cloud, wanted: Wanted) -> Made:
    """A secret; GenerateSecretString gives a random one, as CloudFormation does."""
    import secrets

    name = wanted.properties.get("Name", wanted.name)
    value = wanted.properties.get("SecretString", secrets.token_urlsafe(32))
    arn = cloud.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
    return Made(arn, {"Id": arn})


CREATORS: dict[str, Creator] = {
    "AWS::DynamoDB::Table": create_table,
    "AWS::S3::Bucket": create_bucket,
    "AWS::KMS::Key": create_key,
    "AWS::KMS::Alias": create_alias,
    "AWS::SNS::Topic": create_topic,
    "AWS::SNS::Subscription": create_subscription,
    "AWS::SQS::Queue": create_queue,
    "AWS::Cognito::UserPool": create_user_pool,
    "AWS::Cognito::UserPoolClient": create_user_pool_client,
    "AWS::Cognito::UserPoolGroup": create_user_pool_group,
    "AWS::Cognito::UserPoolDomain": create_user_pool_domain,
    "AWS::SSM::Parameter": create_parameter,
    "AWS::SecretsManager::Secret": create_secret,
}

# Run by the local stack itself, not by moto.
SERVED = {
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::EventSourceMapping": "event source",
    "AWS::ApiGatewayV2::Api": "HTTP API",
    "AWS::Events::Rule": "schedule",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::StepFunctions::StateMachine": "state machine",
}

# Nothing to make on a laptop: logs, alarms, packaging, and roles (policies.py judges by those).
INERT = (
    "AWS::IAM::",
    "AWS::Logs::",
    "AWS::CloudWatch::",
    "AWS::Lambda::Permission",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudFormation::Stack",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::Budgets::",
    "AWS::WAFv2::",
    "AWS::ResourceGroups::",
)

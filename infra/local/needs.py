"""What a call to AWS must be allowed: the actions and resources that the Service Authorization
Reference names for it, and the keys that the service uses in the caller's name.

An operation that is not known here asks for "*" as its resource, so a role that names a resource
refuses it until it is added: unknown never means allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT, REGION
from infra.local.policies import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Params = Mapping[str, Any]

A_PHONE = "phone number"
_PREFIXES = {"stepfunctions": "states", "pinpoint-sms-voice-v2": "sms-voice"}
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
}
# What S3 does with a bucket's key in the caller's name; parts are decrypted to be put together.
_S3_KEY_ACTIONS = {
    "GetObject": ("Decrypt",),
    "HeadObject": ("Decrypt",),
    "PutObject": ("GenerateDataKey",),
    "CreateMultipartUpload": ("GenerateDataKey",),
    "UploadPart": ("GenerateDataKey", "Decrypt"),
    "CompleteMultipartUpload": ("Decrypt",),
}
_SQS_KEY_ACTIONS = {
    "SendMessage": ("GenerateDataKey", "Decrypt"),
    "ReceiveMessage": ("Decrypt",),
}
_NAMED = {
    ("states", "StartExecution"): "stateMachineArn",
    ("states", "DescribeExecution"): "executionArn",
    ("states", "StopExecution"): "executionArn",
    ("states", "ListExecutions"): "stateMachineArn",
}


def table_arn(name: str) -> str:
    """ARN of a table by its name or ARN."""
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def queue_arn(url: str) -> str:
    """ARN of a queue by its URL."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"


def key_arn(key: str) -> str:
    """ARN of a key by its id or ARN."""
    return key if key.startswith("arn:") else f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"


class Needs:
    """Reads needs off calls. keys: the ARN of the customer's key that encrypts a table, bucket or
    queue, by that one's ARN.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._readers: dict[str, Callable[[str, Params], Iterator[Need]]] = {
            "dynamodb": self._dynamodb,
            "s3": self._s3,
            "sqs": self._sqs,
            "sns": self._sns,
            "kms": self._kms,
            "cognito-idp": self._cognito,
        }

    def of(self, service: str, operation: str, params: Params) -> list[Need]:
        """What the call must be allowed. service and operation as botocore names them."""
        reader = self._readers.get(service)
        if reader is not None:
            return list(reader(operation, params))
        if service == "scheduler" and "Name" in params:
            group, name = params.get("GroupName", "default"), params["Name"]
            where = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}"
            return [Need(f"scheduler:{operation}", where)]
        prefix = _PREFIXES.get(service, service)
        field = _NAMED.get((prefix, operation))
        return [Need(f"{prefix}:{operation}", str(params[field]) if field else "*")]

    def _key(self, resource: str, service: str, *actions: str) -> Iterator[Need]:
        key = self._keys.get(resource)
        if key is not None:
            via = f"{service}.{REGION}.amazonaws.com"
            yield from (Need(f"kms:{each}", key, via) for each in actions)

    def _dynamodb(self, operation: str, params: Params) -> Iterator[Need]:
        for action, name, index in _table_calls(operation, params):
            table = table_arn(name)
            yield Need(f"dynamodb:{action}", f"{table}/index/{index}" if index else table)
            if action != "DescribeTable":
                yield from self._key(table, "dynamodb", "Decrypt")

    def _s3(self, operation: str, params: Params) -> Iterator[Need]:
        bucket = f"arn:aws:s3:::{params.get('Bucket', '*')}"
        if operation in ("ListObjects", "ListObjectsV2"):
            yield Need("s3:ListBucket", bucket)
            return
        if operation == "ListObjectVersions":
            yield Need("s3:ListBucketVersions", bucket)
            return
        if operation == "DeleteObject" and "VersionId" in params:
            yield Need("s3:DeleteObjectVersion", f"{bucket}/{params['Key']}")
            return
        where = f"{bucket}/{params['Key']}" if "Key" in params else bucket
        yield Need(f"s3:{_S3_ACTIONS.get(operation, operation)}", where)
        yield from self._key(bucket, "s3", *_S3_KEY_ACTIONS.get(operation, ()))

    def _sqs(self, operation: str, params: Params) -> Iterator[Need]:
        action = operation.removesuffix("Batch")
        queue = queue_arn(params["QueueUrl"]) if "QueueUrl" in params else "*"
        yield Need(f"sqs:{action}", queue)
        yield from self._key(queue, "sqs", *_SQS_KEY_ACTIONS.get(action, ()))

    def _sns(self, operation: str, params: Params) -> Iterator[Need]:
        resource = params.get("TopicArn") or params.get("TargetArn")
        if resource is None:
            resource = A_PHONE if operation == "Publish" else "*"
        yield Need(f"sns:{operation.removesuffix('Batch')}", resource)

    def _cognito(self, operation: str, params: Params) -> Iterator[Need]:
        pool = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{params.get('UserPoolId', '*')}"
        yield Need(f"cognito-idp:{operation}", pool)

    def _kms(self, operation: str, params: Params) -> Iterator[Need]:
        yield Need(f"kms:{operation}", key_arn(params["KeyId"]) if "KeyId" in params else "*")


def _table_calls(operation: str, params: Params) -> Iterator[tuple[str, str, str]]:
    """(action, table, index or nothing) of one DynamoDB call."""
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for each in params["TransactItems"]:
            for kind, detail in each.items():
                yield _TRANSACTED[kind], detail["TableName"], ""
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        yield from ((operation, name, "") for name in params["RequestItems"])
    elif "TableName" in params:
        yield operation, params["TableName"], params.get("IndexName", "")
    else:
        yield operation, "arn:*", ""

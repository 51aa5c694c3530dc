"""Keeps what arrives; a text that says "poison" fails alone."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import boto3


@functools.cache
def wiring() -> tuple[Any, str]:
    return boto3.client("dynamodb"), os.environ["TABLE"]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    client, table = wiring()
    failures = []
    for record in event["Records"]:
        envelope = json.loads(record["body"])
        text = json.loads(envelope["Message"])
        if text["messageBody"] == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        item = {"record": record, "envelope": envelope, "text": text}
        client.put_item(
            TableName=table,
            Item={"pk": {"S": text["inboundMessageId"]}, "kept": {"S": json.dumps(item)}},
        )
    return {"batchItemFailures": failures}

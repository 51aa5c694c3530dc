"""Does one batch: counts it in the table; fails when told to, under the name it is told."""

from __future__ import annotations

import functools
import os
from typing import Any

import boto3


class OutOfStockError(Exception):
    """Nothing left."""


@functools.cache
def wiring() -> tuple[str, Any, str]:
    return os.environ["OWN"], boto3.client("dynamodb"), os.environ["TABLE"]


def handler(event: dict[str, Any], context: Any) -> Any:
    own, client, table = wiring()
    if event.get("fail_as") == "OutOfStockError":
        raise OutOfStockError("sold out")
    if "batch" not in event:
        return {"own": own}
    client.update_item(
        TableName=table,
        Key={"pk": {"S": "done"}},
        UpdateExpression="ADD batches :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    return {"run": event["run"], "batch": event["batch"], "own": own}

"""Windows of the limits in the control table: one conditional ADD each, forgotten by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.answers import CONDITION_FAILED, translated
from assent.errors import AlreadyExistsError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

# The key names its window, so that a counter that outlives it harms nobody.
_KEPT_SECONDS = 3600


class DynamoCounters:
    """A `Counters`. An answer that is lost may have counted: then a limit is met one too early."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._client = client
        self._table = control_table

    def take(self, key: str, most: int, until: datetime) -> bool:
        try:
            with translated(AlreadyExistsError(CONDITION_FAILED)):
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": _pk(key)}},
                    UpdateExpression="ADD taken :one SET expires_at = :end",
                    ConditionExpression="attribute_not_exists(taken) OR taken < :most",
                    ExpressionAttributeValues={
                        ":one": {"N": "1"},
                        ":most": {"N": str(most)},
                        ":end": {"N": str(int(until.timestamp()) + _KEPT_SECONDS)},
                    },
                )
        except AlreadyExistsError:
            return False
        return True

    def count(self, key: str) -> int:
        with translated():
            found = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": _pk(key)}}, ConsistentRead=True
            )
        return int(found.get("Item", {}).get("taken", {}).get("N", "0"))


def _pk(key: str) -> str:
    return f"limit#{key}"

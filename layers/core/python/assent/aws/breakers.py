"""Breakers in the control table: one item each, moved on by version, confirmations added blindly.

`confirmed` is written by nobody but its own ADD, so that who hears a confirmation needs no reading
and never stands in the way of who asks for a text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assent.abuse.breaker import Breaker, Mark, State
from assent.aws.answers import CONDITION_FAILED, translated
from assent.clock import iso, parse_iso
from assent.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than any window and cool-down: a breaker this idle has nothing left to remember.
_KEPT_SECONDS = 7 * 86_400


class DynamoBreakers:
    """A `Breakers`."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._client = client
        self._table = control_table

    def breaker(self, subject: str) -> Breaker:
        with translated():
            found = self._client.get_item(
                TableName=self._table, Key=_key(subject), ConsistentRead=True
            )
        return _breaker_of(found.get("Item", {}))

    def save(self, subject: str, breaker: Breaker, at: datetime) -> None:
        values: dict[str, Any] = {
            ":texts": {"N": str(breaker.texts)},
            ":turn": {"S": breaker.state.value},
            ":marks": {"S": json.dumps([[iso(m.at), m.texts, m.confirmed] for m in breaker.marks])},
            ":next": {"N": str(breaker.version + 1)},
            ":seen": {"N": str(breaker.version)},
            ":end": _end(at),
        }
        # A confirmation may have made the item before any text was counted.
        seen = "version = :seen" if breaker.version else "attribute_not_exists(version)"
        if not breaker.version:
            del values[":seen"]
        with translated(ChangedMeanwhileError(CONDITION_FAILED)):
            self._client.update_item(
                TableName=self._table,
                Key=_key(subject),
                UpdateExpression="SET texts = :texts, turn = :turn, marks = :marks, "
                "version = :next, expires_at = :end",
                ConditionExpression=seen,
                ExpressionAttributeValues=values,
            )

    def confirmed(self, subject: str, at: datetime) -> None:
        with translated():
            self._client.update_item(
                TableName=self._table,
                Key=_key(subject),
                UpdateExpression="ADD confirmed :one SET expires_at = :end",
                ExpressionAttributeValues={":one": {"N": "1"}, ":end": _end(at)},
            )


def _breaker_of(item: Any) -> Breaker:
    marks = json.loads(item.get("marks", {}).get("S", "[]"))
    return Breaker(
        texts=_number(item, "texts"),
        confirmed=_number(item, "confirmed"),
        state=State(item.get("turn", {}).get("S", State.CLOSED.value)),
        marks=tuple(Mark(parse_iso(at), texts, confirmed) for at, texts, confirmed in marks),
        version=_number(item, "version"),
    )


def _number(item: Any, name: str) -> int:
    return int(item.get(name, {}).get("N", "0"))


def _key(subject: str) -> dict[str, Any]:
    return {"pk": {"S": f"breaker#{subject}"}}


def _end(at: datetime) -> Any:
    return {"N": str(int(at.timestamp()) + _KEPT_SECONDS)}

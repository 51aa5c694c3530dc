"""The slots that an origination identity has given out: one item, moved on by compare-and-set.

The last bucket seen is remembered, so that an undisturbed sender books with one write and no read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws.answers import CONDITION_FAILED, CONFLICT, code_of, fact_of, not_now, translated
from assent.errors import NotFoundError
from assent.messages.pace import Booking, Bucket, Busy, book

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.messages.pace import Ask

_TRIES = 25
_SECOND = 1_000_000
# A bucket this old limits nothing any more.
_KEPT_SECONDS = 86_400


class DynamoRateStore:
    """A `RateStore`. An answer that is lost loses its slots and never gives them twice."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._client = client
        self._table = control_table
        self._seen: dict[str, Bucket] = {}

    def book(self, identity: str, ask: Ask) -> Booking | Busy:
        """Raises TryAgainError when the table does not answer, or others are first too often."""
        bucket = self._seen.get(identity)
        is_current = bucket is None
        if bucket is None:
            bucket = self._read(identity)
        for _ in range(_TRIES):
            answer = book(bucket, ask)
            if isinstance(answer, Busy):
                if is_current:
                    return answer
                bucket, is_current = self._read(identity), True
                continue
            stored = self._swap(identity, bucket, answer.bucket)
            if stored is None:
                self._seen[identity] = answer.bucket
                return answer
            bucket, is_current = stored, True
        raise not_now()

    def rewind(self, identity: str, by: int) -> None:
        """One write. An answer that is lost may move the bucket twice."""
        with suppress(NotFoundError), translated(NotFoundError("There is no such bucket.")):
            self._client.update_item(
                TableName=self._table,
                Key=_key(identity),
                UpdateExpression="ADD slot :back",
                ConditionExpression="attribute_exists(slot)",
                ExpressionAttributeValues={":back": {"N": str(-by)}},
            )

    def _read(self, identity: str) -> Bucket:
        with translated():
            found = self._client.get_item(
                TableName=self._table, Key=_key(identity), ConsistentRead=True
            )
        return _bucket_of(found.get("Item"))

    def _swap(self, identity: str, seen: Bucket, wanted: Bucket) -> Bucket | None:
        """Write `wanted` over `seen`; otherwise return what stands there instead."""
        values: dict[str, Any] = {
            ":slot": {"N": str(wanted.last_slot)},
            ":width": {"N": str(wanted.last_width)},
            ":end": {"N": str(wanted.last_slot // _SECOND + _KEPT_SECONDS)},
        }
        condition = "attribute_not_exists(slot)"
        if seen != Bucket():
            condition = "slot = :seen_slot AND width = :seen_width"
            values[":seen_slot"] = {"N": str(seen.last_slot)}
            values[":seen_width"] = {"N": str(seen.last_width)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(identity),
                UpdateExpression="SET slot = :slot, width = :width, expires_at = :end",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) == CONDITION_FAILED:
                item = error.response.get("Item")
                return _bucket_of(item) if item else self._read(identity)
            if code_of(error) == CONFLICT:
                return seen
            raise (fact_of(error) or error) from error
        except BotoCoreError as error:
            raise (fact_of(error) or error) from error
        return None


def _bucket_of(item: Any) -> Bucket:
    return Bucket(int(item["slot"]["N"]), int(item["width"]["N"])) if item else Bucket()


def _key(identity: str) -> dict[str, Any]:
    return {"pk": {"S": f"rate#{identity}"}}

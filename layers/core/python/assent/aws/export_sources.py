"""Standings, texts and the staff audit in bulk, as exports read them: page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import get_all
from assent.aws.ledger import row_of
from assent.aws.staff_audit_store import day_shard, stored
from assent.aws.subscriber_item import KEY, subscriber_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock
    from assent.consent.model import Standing
    from assent.evidence.staff_audit import StoredEntry
    from assent.identifiers import SubscriberKey
    from assent.messages.ledger import LedgerRow


def _page(
    client: DynamoDBClient, table: str, keys: tuple[str, ...], after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Return one page of a scan and where to go on; all keys here are texts."""
    request: dict[str, Any] = {"TableName": table, "Limit": limit}
    if after is not None:
        values = [{"S": each} for each in json.loads(after)]
        request["ExclusiveStartKey"] = dict(zip(keys, values, strict=True))
    with translated():
        found = client.scan(**request)
    last = found.get("LastEvaluatedKey")
    return found["Items"], json.dumps([last[key]["S"] for key in keys]) if last else None


@dataclass(frozen=True, slots=True)
class DynamoPeople:
    """The `People` of exports."""

    client: DynamoDBClient
    subscribers_table: str
    clock: Clock

    def standings(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Standing]:
        distinct = [{KEY: {"S": key}} for key in dict.fromkeys(keys)]
        items = get_all(self.client, self.clock, self.subscribers_table, distinct)
        return {found.subscriber_key: found for found in map(_standing, items)}

    def page(self, after: str | None, limit: int) -> tuple[Sequence[Standing], str | None]:
        items, following = _page(self.client, self.subscribers_table, (KEY,), after, limit)
        return [_standing(item) for item in items], following


@dataclass(frozen=True, slots=True)
class DynamoTexts:
    """The `Texts` of exports."""

    client: DynamoDBClient
    messages_table: str

    def page(self, after: str | None, limit: int) -> tuple[Sequence[LedgerRow], str | None]:
        keys = ("subscriber_key", "sent_id")
        items, following = _page(self.client, self.messages_table, keys, after, limit)
        return [row_of(item) for item in items], following

    def of(self, key: SubscriberKey) -> Sequence[LedgerRow]:
        rows: list[LedgerRow] = []
        request: dict[str, Any] = {
            "TableName": self.messages_table,
            "KeyConditionExpression": "subscriber_key = :key",
            "ExpressionAttributeValues": {":key": {"S": key}},
        }
        while True:
            with translated():
                found = self.client.query(**request)
            rows += [row_of(item) for item in found["Items"]]
            if "LastEvaluatedKey" not in found:
                return rows
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


@dataclass(frozen=True, slots=True)
class DynamoAuditLog:
    """The `AuditLog` of exports."""

    client: DynamoDBClient
    staff_audit_table: str

    def entries(self, day: date, shard: int, after: str, limit: int) -> Sequence[StoredEntry]:
        items: list[dict[str, Any]] = []
        request: dict[str, Any] = {
            "TableName": self.staff_audit_table,
            "KeyConditionExpression": "day_shard = :shard AND at_id > :after",
            "ExpressionAttributeValues": {
                ":shard": {"S": day_shard(day, shard)},
                ":after": {"S": after or "0"},
            },
            "ConsistentRead": True,
        }
        while len(items) < limit:
            with translated():
                found = self.client.query(**request, Limit=limit - len(items))
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                break
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]
        return [stored(item) for item in items]

    def of(self, key: SubscriberKey) -> Sequence[StoredEntry]:
        items: list[dict[str, Any]] = []
        request: dict[str, Any] = {
            "TableName": self.staff_audit_table,
            "IndexName": "by_subscriber",
            "KeyConditionExpression": "subscriber_key = :key",
            "ExpressionAttributeValues": {":key": {"S": key}},
        }
        while True:
            with translated():
                found = self.client.query(**request)
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                return [stored(item) for item in items]
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


def _standing(item: Mapping[str, Any]) -> Standing:
    return subscriber_of(item).standing

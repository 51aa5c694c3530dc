"""The history as sealing reads it: positions from the by-day index, events from the table itself,
tips from the standings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import get_all
from assent.aws.event_items import event_of
from assent.aws.subscriber_item import HEAD_HASH, KEY, SEQ
from assent.aws.tables import ConsentEventItem
from assent.evidence.positions import day_shard
from assent.evidence.sealing import Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent
    from assent.identifiers import SubscriberKey

_LEAST = "\x00"
_AT_ONCE = 8
_PORTION = 1000
_TIP = f"{KEY}, {SEQ}, {HEAD_HASH}"


@dataclass(frozen=True, slots=True)
class DynamoEventLog:
    """An `EventLog`. The index is read eventually consistently, as indexes are."""

    client: DynamoDBClient
    events_table: str

    def positions(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[str]:
        # BETWEEN takes its ends in: the first text after `after` opens it, and `before` is a bare
        # instant, which no position is equal to.
        first, items, start = after + _LEAST, list[Any](), dict[str, Any]()
        while first < before and len(items) < limit:
            with translated():
                found = self.client.query(
                    TableName=self.events_table,
                    IndexName="by_day",
                    KeyConditionExpression="day_shard = :shard AND at_id BETWEEN :first AND :last",
                    ExpressionAttributeValues={
                        ":shard": {"S": day_shard(day, shard)},
                        ":first": {"S": first},
                        ":last": {"S": before},
                    },
                    ProjectionExpression="at_id",
                    Limit=limit - len(items),
                    **start,
                )
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                break
            start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}
        return [item["at_id"]["S"] for item in items]

    def following(
        self, tips: Mapping[SubscriberKey, int]
    ) -> Mapping[SubscriberKey, Sequence[ConsentEvent]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(self._following, tips.items())
            return dict(zip(tips, found, strict=True))

    def _following(self, tip: tuple[SubscriberKey, int]) -> Sequence[ConsentEvent]:
        request: dict[str, Any] = {
            "TableName": self.events_table,
            "KeyConditionExpression": "subscriber_key = :key AND seq > :seq",
            "ExpressionAttributeValues": {":key": {"S": tip[0]}, ":seq": {"N": str(tip[1])}},
            "ConsistentRead": True,
        }
        events: list[ConsentEvent] = []
        while True:
            with translated():
                page = self.client.query(**request)
            events += [event_of(ConsentEventItem.from_raw_data(item)) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return events
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@dataclass(frozen=True, slots=True)
class DynamoHeads:
    """The `Heads` of the standings."""

    client: DynamoDBClient
    subscribers_table: str
    clock: Clock

    def heads(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Head]:
        distinct = [{KEY: {"S": key}} for key in dict.fromkeys(keys)]
        return _heads(get_all(self.client, self.clock, self.subscribers_table, distinct))

    def slice_of_heads(self, number: int, of: int) -> Iterator[Mapping[SubscriberKey, Head]]:
        request: dict[str, Any] = {
            "TableName": self.subscribers_table,
            "Segment": number,
            "TotalSegments": of,
            "ProjectionExpression": _TIP,
            "Limit": _PORTION,
        }
        while True:
            with translated():
                page = self.client.scan(**request)
            yield _heads(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _heads(items: Any) -> dict[SubscriberKey, Head]:
    return {
        item[KEY]["S"]: Head(int(item[SEQ]["N"]), bytes(item[HEAD_HASH]["B"]).hex())
        for item in items
        if HEAD_HASH in item
    }

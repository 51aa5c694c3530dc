"""Reads subscribers in bulk for planning, and by key for sending.

A slice is streamed page by page, so that memory does not grow with the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import get_all
from assent.aws.subscriber_filter import scan_filter
from assent.aws.subscriber_item import KEY, PHONE, subscriber_of
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.narrowing import Narrowing
    from assent.audience.subscriber import Subscriber
    from assent.clock import Clock
    from assent.identifiers import SubscriberKey


@dataclass(frozen=True, slots=True)
class DynamoSubscriberScan:
    """A `SubscriberScan`."""

    client: DynamoDBClient
    subscribers_table: str
    clock: Clock

    def slice(
        self, slice_number: int, slices: int, only: Narrowing | None = None
    ) -> Iterator[Subscriber]:
        """Yield one slice of a parallel scan. Raises TryAgainError part way when a page fails."""
        request: dict[str, Any] = {
            "TableName": self.subscribers_table,
            "Segment": slice_number,
            "TotalSegments": slices,
            **(scan_filter(only) if only else {}),
        }
        while True:
            with translated():
                page = self.client.scan(**request)
            if only is not None:
                only.left_out += page["ScannedCount"] - page["Count"]
            for item in page["Items"]:
                yield subscriber_of(item)
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]:
        """Raises TryAgainError when the table does not answer in full."""
        found = map(subscriber_of, self._items(keys))
        return {subscriber.standing.subscriber_key: subscriber for subscriber in found}

    def phones(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, PhoneNumber]:
        """Return the numbers of those keys that have not been erased."""
        return {
            item[KEY]["S"]: PhoneNumber.stored(item[PHONE]["S"])
            for item in self._items(keys)
            if PHONE in item
        }

    def approximate_count(self) -> int:
        """DynamoDB refreshes the figure about every six hours."""
        with translated():
            described = self.client.describe_table(TableName=self.subscribers_table)
        return described["Table"].get("ItemCount", 0)

    def _items(self, keys: Sequence[SubscriberKey]) -> Iterator[dict[str, Any]]:
        distinct = [{KEY: {"S": key}} for key in dict.fromkeys(keys)]
        return get_all(self.client, self.clock, self.subscribers_table, distinct)

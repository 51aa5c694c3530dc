"""Who is sealed up to where: one item per person and digest, never replaced by another content."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import put_all
from assent.evidence.digest import SealedUpTo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock
    from assent.identifiers import SubscriberKey

# A digest may concern thousands of people, and each answer takes some milliseconds.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class DynamoSealStore:
    """A `SealStore`."""

    client: DynamoDBClient
    seals_table: str
    clock: Clock

    def sealed(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, SealedUpTo]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = zip(keys, pool.map(self._last, keys), strict=True)
            return {key: sealed for key, sealed in found if sealed is not None}

    def put(self, number: int, sealed: Mapping[SubscriberKey, SealedUpTo]) -> None:
        items: list[dict[str, Any]] = [
            {
                "subscriber_key": {"S": key},
                "number": {"N": str(number)},
                "seq": {"N": str(up_to.seq)},
                "hash": {"S": up_to.hash},
            }
            for key, up_to in sealed.items()
        ]
        put_all(self.client, self.clock, self.seals_table, items)

    def _last(self, key: SubscriberKey) -> SealedUpTo | None:
        with translated():
            found = self.client.query(
                TableName=self.seals_table,
                KeyConditionExpression="subscriber_key = :key",
                ExpressionAttributeValues={":key": {"S": key}},
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=1,
            )["Items"]
        return SealedUpTo(int(found[0]["seq"]["N"]), found[0]["hash"]["S"]) if found else None

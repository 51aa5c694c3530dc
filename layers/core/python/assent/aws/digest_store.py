"""The digest chain in a table: one item per digest, put once.

The vault's objects are the evidence; these items are how they are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.errors import AlreadyExistsError
from assent.evidence.digest import sealed_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.evidence.digest import SealedDigest

# One chain so far; the partition's name leaves room for another.
CHAIN = "consent_events"


@dataclass(frozen=True, slots=True)
class DynamoDigestStore:
    """A `DigestStore`."""

    client: DynamoDBClient
    digests_table: str

    def latest(self) -> SealedDigest | None:
        return next(self._walk(forward=False, limit=1), None)

    def append(self, sealed: SealedDigest) -> None:
        with translated(AlreadyExistsError("this digest is noted already")):
            self.client.put_item(
                TableName=self.digests_table,
                Item={
                    "chain": {"S": CHAIN},
                    "number": {"N": str(sealed.digest.number)},
                    "sealed": {"S": sealed.as_json()},
                },
                ConditionExpression="attribute_not_exists(chain)",
            )

    def after(self, number: int) -> Iterator[SealedDigest]:
        return self._walk(forward=True, limit=500, after=number)

    def latest_first(self) -> Iterator[SealedDigest]:
        return self._walk(forward=False, limit=20)

    def _walk(self, *, forward: bool, limit: int, after: int = 0) -> Iterator[SealedDigest]:
        request: dict[str, Any] = {
            "TableName": self.digests_table,
            "KeyConditionExpression": "chain = :chain AND #number > :after",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": {":chain": {"S": CHAIN}, ":after": {"N": str(after)}},
            "ScanIndexForward": forward,
            "ConsistentRead": True,
            "Limit": limit,
        }
        while True:
            with translated():
                page = self.client.query(**request)
            yield from (sealed_from(item["sealed"]["S"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

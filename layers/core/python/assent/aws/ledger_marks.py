"""Of the ledger, what only the rights ask for: rows that must not expire, and those in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.ledger import KEPT
from assent.aws.tables import LedgerItem, bind
from assent.clock import iso
from assent.messages.ledger import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock
    from assent.identifiers import SubscriberKey

_GRACE = timedelta(days=1)


class DynamoKeptTexts:
    """`KeptTexts`: without its time to live, an item stays."""

    def __init__(self, client: DynamoDBClient, messages_table: str, clock: Clock) -> None:
        self._rows = bind(LedgerItem, messages_table, client)
        self._clock = clock

    def keep(self, subscriber_key: SubscriberKey) -> None:
        expiring = LedgerItem.expires_at.exists()
        for row in self._of(subscriber_key, expiring):
            with translated():
                row.update([LedgerItem.expires_at.remove()])

    def let_go(self, subscriber_key: SubscriberKey) -> None:
        earliest = self._clock.now() + _GRACE
        for row in self._of(subscriber_key, LedgerItem.expires_at.does_not_exist()):
            ends = max(earliest, row.claimed_at + KEPT)
            with translated():
                row.update([LedgerItem.expires_at.set(int(ends.timestamp()))])

    def _of(self, subscriber_key: SubscriberKey, condition: Any) -> list[LedgerItem]:
        with translated():
            return list(
                self._rows.query(subscriber_key, filter_condition=condition, consistent_read=True)
            )


@dataclass(frozen=True, slots=True)
class DynamoDoubts:
    """`Doubts`: a scan, since the ledger is ordered by person. It is filtered at its source, and a
    review is made once a week."""

    client: DynamoDBClient
    messages_table: str

    def since(self, at: datetime) -> Iterator[str | None]:
        request: dict[str, Any] = {
            "TableName": self.messages_table,
            "FilterExpression": "outcome = :doubt AND claimed_at >= :since",
            "ProjectionExpression": "campaign_id",
            "ExpressionAttributeValues": {
                ":doubt": {"S": Outcome.IN_DOUBT.value},
                ":since": {"S": iso(at)},
            },
        }
        while True:
            with translated():
                page = self.client.scan(**request)
            for item in page["Items"]:
                yield item["campaign_id"]["S"] if "campaign_id" in item else None
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

"""The consent log by time: the by-day index of the events, with evidence fetched beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import get_all
from assent.aws.event_items import event_of, evidence_of
from assent.aws.tables import ConsentEventItem, EvidenceItem
from assent.evidence.export import LoggedEvent
from assent.evidence.positions import day_shard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.aws.event_items import EventTables
    from assent.clock import Clock

_INDEX = "by_day"
_LEAST = "\x00"


@dataclass(frozen=True, slots=True)
class DynamoEventSource:
    """An `EventSource`. The index is read eventually consistently, as indexes are; who asks for
    events of this moment waits a little first."""

    client: DynamoDBClient
    tables: EventTables
    clock: Clock

    def page(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[LoggedEvent]:
        """Return up to `limit` (100 at most) events with `after < position < before`, in order."""
        # BETWEEN takes its ends in: the first text after `after` opens it, and `before` is a bare
        # instant, which no position is equal to.
        first = after + _LEAST
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while first < before and len(items) < limit:
            with translated():
                found = self.client.query(
                    TableName=self.tables.events,
                    IndexName=_INDEX,
                    KeyConditionExpression="day_shard = :shard AND at_id BETWEEN :first AND :last",
                    ExpressionAttributeValues={
                        ":shard": {"S": day_shard(day, shard)},
                        ":first": {"S": first},
                        ":last": {"S": before},
                    },
                    Limit=limit - len(items),
                    **start,
                )
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                break
            start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}
        return self._with_evidence(items)

    def _with_evidence(self, items: Sequence[dict[str, Any]]) -> Sequence[LoggedEvent]:
        keys = [{"subscriber_key": item["subscriber_key"], "seq": item["seq"]} for item in items]
        found = get_all(self.client, self.clock, self.tables.evidence, keys)
        proofs = {(item["subscriber_key"]["S"], item["seq"]["N"]): item for item in found}
        return [
            _logged(item, proofs.get((item["subscriber_key"]["S"], item["seq"]["N"])))
            for item in items
        ]


def _logged(item: dict[str, Any], proof: dict[str, Any] | None) -> LoggedEvent:
    event = ConsentEventItem.from_raw_data(item)
    evidence = evidence_of(EvidenceItem.from_raw_data(proof)) if proof else None
    return LoggedEvent(event.at_id, event_of(event), evidence)

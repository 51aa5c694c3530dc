"""The consent log by time: the by-day index of the events, with evidence fetched beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.batches import get_all
from assent.clock import parse_iso
from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.evidence.export import LoggedEvent
from assent.evidence.positions import day_shard
from assent.identifiers import ProgrammeId, SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

_INDEX = "by_day"
_LEAST = "\x00"


@dataclass(frozen=True, slots=True)
class DynamoEventSource:
    """An `EventSource`. The index is read eventually consistently, as indexes are; who asks for
    events of this moment waits a little first."""

    client: DynamoDBClient
    clock: Clock
    consent_events_table: str
    evidence_table: str

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
                    TableName=self.consent_events_table,
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
        evidence = {
            (found["subscriber_key"]["S"], found["seq"]["N"]): _evidence_of(found)
            for found in get_all(self.client, self.clock, self.evidence_table, keys)
        }
        return [
            LoggedEvent(
                item["at_id"]["S"],
                _event_of(item),
                evidence.get((item["subscriber_key"]["S"], item["seq"]["N"])),
            )
            for item in items
        ]


def _event_of(item: dict[str, Any]) -> ConsentEvent:
    programme_id = item.get("programme_id", {}).get("S")
    provider_at = item.get("provider_at", {}).get("S")
    return ConsentEvent(
        subscriber_key=SubscriberKey(item["subscriber_key"]["S"]),
        seq=int(item["seq"]["N"]),
        type=EventType(item["type"]["S"]),
        at=parse_iso(item["at"]["S"]),
        source=Source(item["source"]["S"]),
        programme_id=ProgrammeId(programme_id) if programme_id else None,
        epoch=int(item["epoch"]["N"]),
        evidence_digest=item["evidence_digest"]["S"],
        previous_hash=item["previous_hash"]["S"],
        provider_at=parse_iso(provider_at) if provider_at else None,
        facts=MappingProxyType(json.loads(item["facts"]["S"])),
    )


def _evidence_of(item: dict[str, Any]) -> Evidence:
    return Evidence(item["salt"]["S"], MappingProxyType(json.loads(item["facts"]["S"])))

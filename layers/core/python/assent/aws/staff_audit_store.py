"""The staff audit in its table: entries by day, by person and by actor, and each chain's tip.

Entries and tip are one transaction on the tip's last value, so a chain cannot fork and an entry
cannot be replaced; no function may update or delete here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws.answers import code_of, fact_of, not_now, translated
from assent.clock import iso, parse_iso
from assent.errors import ChangedMeanwhileError
from assent.evidence.staff_audit import (
    SHARDS,
    AuditAction,
    AuditEntry,
    AuditOutcome,
    Deed,
    StoredEntry,
    Tip,
)
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.evidence.staff_audit import Question

_TIPS = "tip"
_MOST = "9999"
_ABSENT = "attribute_not_exists(day_shard)"


@dataclass(frozen=True, slots=True)
class DynamoStaffAuditStore:
    """A `StaffAuditStore`."""

    client: DynamoDBClient
    table: str

    def tip(self, shard: int) -> Tip:
        with translated():
            found = self.client.get_item(
                TableName=self.table, Key=_tip_key(shard), ConsistentRead=True
            )
        item = found.get("Item")
        return Tip(int(item["seq"]["N"]), item["hash"]["S"]) if item else Tip()

    def append(self, entries: Sequence[AuditEntry], after: Tip) -> None:
        """Also raises TryAgainError: then the entries may stand, twice is no harm."""
        writes: Any = [self._tip_write(entries[-1], after)]
        writes += [
            {
                "Put": {
                    "TableName": self.table,
                    "Item": _item_of(entry),
                    "ConditionExpression": _ABSENT,
                }
            }
            for entry in entries
        ]
        try:
            self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise (fact_of(error) or error) from error
            raise _refusal(error) from error
        except BotoCoreError as error:
            raise (fact_of(error) or error) from error

    def page(
        self, question: Question, *, before: str | None, limit: int
    ) -> tuple[Sequence[StoredEntry], str | None]:
        found: list[dict[str, Any]] = []
        for partition in _partitions(question):
            found += self._newest(partition, before or _MOST, limit + 1)
        found.sort(key=lambda item: str(item["at_id"]["S"]), reverse=True)
        page = [stored(item) for item in found[:limit]]
        return page, page[-1].entry.position if len(found) > limit else None

    def _newest(self, partition: _Partition, before: str, limit: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        request: Any = {
            "TableName": self.table,
            "KeyConditionExpression": f"{partition.attribute} = :whose AND at_id < :before",
            "ExpressionAttributeValues": {
                ":whose": {"S": partition.value},
                ":before": {"S": before},
            },
            "ScanIndexForward": False,
            **({"IndexName": partition.index} if partition.index else {"ConsistentRead": True}),
        }
        while len(items) < limit:
            with translated():
                found = self.client.query(**request, Limit=limit - len(items))
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                break
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]
        return items

    def _tip_write(self, last: AuditEntry, after: Tip) -> dict[str, Any]:
        item = {**_tip_key(last.shard), "seq": {"N": str(last.seq)}, "hash": {"S": last.hash}}
        put: dict[str, Any] = {"TableName": self.table, "Item": item}
        if after.seq == 0:
            return {"Put": {**put, "ConditionExpression": _ABSENT}}
        return {
            "Put": {
                **put,
                "ConditionExpression": "#hash = :last",
                "ExpressionAttributeNames": {"#hash": "hash"},
                "ExpressionAttributeValues": {":last": {"S": after.hash}},
            }
        }


@dataclass(frozen=True, slots=True)
class _Partition:
    attribute: str
    value: str
    index: str | None


def _partitions(question: Question) -> list[_Partition]:
    if question.subscriber_key is not None:
        return [_Partition("subscriber_key", question.subscriber_key, "by_subscriber")]
    if question.actor is not None:
        return [_Partition("actor", question.actor, "by_actor")]
    if question.day is None:
        message = "a question names a person, an actor or a day"
        raise ValueError(message)
    day = question.day
    return [_Partition("day_shard", day_shard(day, shard), None) for shard in range(SHARDS)]


def day_shard(day: date, shard: int) -> str:
    """Return the partition of one UTC day and chain."""
    return f"{day.isoformat()}#{shard}"


def _tip_key(shard: int) -> dict[str, Any]:
    return {"day_shard": {"S": _TIPS}, "at_id": {"S": str(shard)}}


def _refusal(error: ClientError) -> Exception:
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {each.get("Code") for each in reasons}
    if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
        return ChangedMeanwhileError("another entry was first")
    return not_now()


def _item_of(entry: AuditEntry) -> dict[str, Any]:
    deed = entry.deed
    item: dict[str, Any] = {
        "day_shard": {"S": day_shard(entry.at.astimezone(UTC).date(), entry.shard)},
        "at_id": {"S": entry.position},
        "at": {"S": iso(entry.at)},
        "shard": {"N": str(entry.shard)},
        "seq": {"N": str(entry.seq)},
        "actor": {"S": deed.actor},
        "groups": {"L": [{"S": group} for group in deed.groups]},
        "action": {"S": deed.action.value},
        "outcome": {"S": deed.outcome.value},
        "route": {"S": deed.route},
        "request_id": {"S": deed.request_id},
        "hash": {"S": entry.hash},
    }
    optional = {
        "about": deed.about,
        "subscriber_key": deed.subscriber_key,
        "previous_hash": entry.previous_hash,
    }
    return item | {name: {"S": value} for name, value in optional.items() if value}


def stored(item: dict[str, Any]) -> StoredEntry:
    """Return the entry with the hash that was written beside it."""
    key = item.get("subscriber_key")
    deed = Deed(
        actor=item["actor"]["S"],
        groups=tuple(each["S"] for each in item["groups"]["L"]),
        action=AuditAction(item["action"]["S"]),
        outcome=AuditOutcome(item["outcome"]["S"]),
        route=item["route"]["S"],
        request_id=item["request_id"]["S"],
        about=item["about"]["S"] if "about" in item else None,
        subscriber_key=SubscriberKey(key["S"]) if key else None,
    )
    entry = AuditEntry(
        deed=deed,
        at=parse_iso(item["at"]["S"]),
        shard=int(item["shard"]["N"]),
        seq=int(item["seq"]["N"]),
        previous_hash=item["previous_hash"]["S"] if "previous_hash" in item else "",
    )
    return StoredEntry(entry, item["hash"]["S"])

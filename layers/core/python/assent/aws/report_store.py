"""Reports as JSON under their kind, in order of their ids; none expires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.rights.reports import Report, ReportKind


@dataclass(frozen=True, slots=True)
class DynamoReportStore:
    """A `ReportStore`."""

    client: DynamoDBClient
    table: str

    def put(self, kind: ReportKind, report_id: str, report: Report) -> None:
        text = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
        with translated():
            self.client.put_item(
                TableName=self.table, Item={**_key(kind, report_id), "report": {"S": text}}
            )

    def one(self, kind: ReportKind, report_id: str) -> Report | None:
        with translated():
            found = self.client.get_item(
                TableName=self.table, Key=_key(kind, report_id), ConsistentRead=True
            )
        return _report(found["Item"]) if "Item" in found else None

    def page(
        self, kind: ReportKind, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[tuple[str, Report]], str | None]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": kind.value}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if before is not None:
            request["KeyConditionExpression"] += " AND report_id < :before"
            request["ExpressionAttributeValues"][":before"] = {"S": before}
        items: list[dict[str, Any]] = []
        while len(items) <= limit:
            with translated():
                found = self.client.query(**request, Limit=limit + 1 - len(items))
            items += found["Items"]
            if "LastEvaluatedKey" not in found:
                break
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]
        page = [(item["report_id"]["S"], _report(item)) for item in items[:limit]]
        return page, page[-1][0] if len(items) > limit else None


def _key(kind: ReportKind, report_id: str) -> dict[str, Any]:
    return {"kind": {"S": kind.value}, "report_id": {"S": report_id}}


def _report(item: Mapping[str, Any]) -> Report:
    found: Report = json.loads(item["report"]["S"])
    return found

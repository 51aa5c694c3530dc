"""Exports in their table: one small item each, replaced by compare-and-set on its version."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.clock import iso, parse_iso
from assent.consent.model import ConsentStatus
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ExportNotFoundError
from assent.evidence.bundle import query_facts
from assent.evidence.datasets import Dataset, ExportQuery, FileFormat
from assent.evidence.export import Export, ExportStatus
from assent.identifiers import ExportId, ProgrammeId, SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoExportStore:
    """An `ExportStore`. The list is a scan: exports are made by people, a few a month."""

    client: DynamoDBClient
    exports_table: str

    def create(self, export: Export) -> None:
        """Raises AlreadyExistsError."""
        with translated(AlreadyExistsError("an export of this id exists")):
            self.client.put_item(
                TableName=self.exports_table,
                Item=_item_of(export),
                ConditionExpression="attribute_not_exists(export_id)",
            )

    def export(self, export_id: ExportId) -> Export:
        """Read consistently. Raises ExportNotFoundError."""
        with translated():
            found = self.client.get_item(
                TableName=self.exports_table,
                Key={"export_id": {"S": export_id}},
                ConsistentRead=True,
            )
        if "Item" not in found:
            message = "no export has this id"
            raise ExportNotFoundError(message)
        return _export_of(found["Item"])

    def exports(self) -> Sequence[Export]:
        """Return all, newest first."""
        with translated():
            pages = self.client.get_paginator("scan").paginate(TableName=self.exports_table)
            found = [_export_of(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda e: (e.created_at, e.export_id), reverse=True)

    def save(self, export: Export) -> Export:
        """Replace the export if its version is still the stored one; return it with the version
        raised by one. Raises ChangedMeanwhileError."""
        saved = replace(export, version=export.version + 1)
        with translated(ChangedMeanwhileError("the export was changed meanwhile")):
            self.client.put_item(
                TableName=self.exports_table,
                Item=_item_of(saved),
                ConditionExpression="version = :read",
                ExpressionAttributeValues={":read": {"N": str(export.version)}},
            )
        return saved


def _item_of(export: Export) -> dict[str, Any]:
    record = {
        "query": query_facts(export.query),
        "requested_by": export.requested_by,
        "object_key": export.object_key,
        "upload_id": export.upload_id,
        "begun_at": iso(export.begun_at) if export.begun_at else None,
        "state_key": export.state_key,
        "stage": export.stage,
        "run": export.run,
        "rows": export.rows,
        "bytes": export.bytes,
        "finished_at": iso(export.finished_at) if export.finished_at else None,
    }
    return {
        "export_id": {"S": export.export_id},
        "created_at": {"S": iso(export.created_at)},
        "status": {"S": export.status.value},
        "version": {"N": str(export.version)},
        "record": {"S": json.dumps(record)},
    }


def _export_of(item: dict[str, Any]) -> Export:
    record = json.loads(item["record"]["S"])
    finished_at, begun_at = record["finished_at"], record["begun_at"]
    return Export(
        export_id=ExportId(item["export_id"]["S"]),
        query=_query_of(record["query"]),
        requested_by=record["requested_by"],
        created_at=parse_iso(item["created_at"]["S"]),
        object_key=record["object_key"],
        status=ExportStatus(item["status"]["S"]),
        upload_id=record["upload_id"],
        begun_at=parse_iso(begun_at) if begun_at else None,
        state_key=record["state_key"],
        stage=record["stage"],
        run=record["run"],
        rows=record["rows"],
        bytes=record["bytes"],
        finished_at=parse_iso(finished_at) if finished_at else None,
        version=int(item["version"]["N"]),
    )


def _query_of(facts: dict[str, Any]) -> ExportQuery:
    programme_id, keys = facts["programme_id"], facts["subscriber_keys"]
    return ExportQuery(
        since=parse_iso(facts["since"]),
        until=parse_iso(facts["until"]),
        datasets=tuple(Dataset(each) for each in facts["datasets"]),
        file_format=FileFormat(facts["file_format"]),
        programme_id=ProgrammeId(programme_id) if programme_id else None,
        statuses=tuple(ConsentStatus(each) for each in facts["statuses"]),
        subscriber_keys=None if keys is None else tuple(SubscriberKey(each) for each in keys),
        as_dossier=bool(facts.get("as_dossier")),
    )

"""Imports in their table: one small item each, replaced by compare-and-set on its version."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.clock import iso, parse_iso
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ImportNotFoundError
from assent.identifiers import ImportId, ProgrammeId
from assent.imports.model import Import, ImportStatus, Source, Tally
from assent.imports.records import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoImportStore:
    """An `ImportStore`. The list is a scan: imports are made by people, a few a month."""

    client: DynamoDBClient
    imports_table: str

    def create(self, made: Import) -> None:
        with translated(AlreadyExistsError("an import of this id exists")):
            self.client.put_item(
                TableName=self.imports_table,
                Item=_item_of(made),
                ConditionExpression="attribute_not_exists(import_id)",
            )

    def one(self, import_id: ImportId) -> Import:
        with translated():
            found = self.client.get_item(
                TableName=self.imports_table,
                Key={"import_id": {"S": import_id}},
                ConsistentRead=True,
            )
        if "Item" not in found:
            message = "no import has this id"
            raise ImportNotFoundError(message)
        return _import_of(found["Item"])

    def all(self) -> Sequence[Import]:
        with translated():
            pages = self.client.get_paginator("scan").paginate(TableName=self.imports_table)
            found = [_import_of(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda each: (each.created_at, each.import_id), reverse=True)

    def save(self, changed: Import) -> Import:
        saved = replace(changed, version=changed.version + 1)
        with translated(ChangedMeanwhileError("the import was changed meanwhile")):
            self.client.put_item(
                TableName=self.imports_table,
                Item=_item_of(saved),
                ConditionExpression="version = :read",
                ExpressionAttributeValues={":read": {"N": str(changed.version)}},
            )
        return saved


def _item_of(made: Import) -> dict[str, Any]:
    dialect, source = made.dialect, made.source
    record = {
        "programme_id": made.programme_id,
        "name": made.name,
        "source": [source.layout, dict(source.columns), source.country],
        "object_key": made.object_key,
        "created_by": made.created_by,
        "dialect": [dialect.delimiter, dialect.columns, dialect.data_at] if dialect else None,
        "etag": made.etag,
        "size": made.size,
        "checked": _packed(made.checked),
        "ran": _packed(made.ran),
        "run": made.run,
        "why": made.why,
        "finished_at": iso(made.finished_at) if made.finished_at else None,
    }
    return {
        "import_id": {"S": made.import_id},
        "created_at": {"S": iso(made.created_at)},
        "status": {"S": made.status.value},
        "version": {"N": str(made.version)},
        "record": {"S": json.dumps(record)},
    }


def _import_of(item: dict[str, Any]) -> Import:
    record = json.loads(item["record"]["S"])
    layout, columns, country = record["source"]
    dialect, finished_at = record["dialect"], record["finished_at"]
    return Import(
        import_id=ImportId(item["import_id"]["S"]),
        programme_id=ProgrammeId(record["programme_id"]),
        name=record["name"],
        source=Source(layout, columns, country),
        object_key=record["object_key"],
        created_by=record["created_by"],
        created_at=parse_iso(item["created_at"]["S"]),
        status=ImportStatus(item["status"]["S"]),
        dialect=Dialect(dialect[0], tuple(dialect[1]), dialect[2]) if dialect else None,
        etag=record["etag"],
        size=record["size"],
        checked=Tally(**record["checked"]),
        ran=Tally(**record["ran"]),
        run=record["run"],
        why=record["why"],
        finished_at=parse_iso(finished_at) if finished_at else None,
        version=int(item["version"]["N"]),
    )


def _packed(tally: Tally) -> dict[str, object]:
    return {
        "position": tally.position,
        "rows": tally.rows,
        "fates": dict(tally.fates),
        "grades": dict(tally.grades),
        "reasons": dict(tally.reasons),
        "reports": tally.reports,
    }

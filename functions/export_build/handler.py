"""Writes an export as far as its time allows, and says whether more is left."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.event_items import EventTables
from assent.aws.event_source import DynamoEventSource
from assent.aws.export_bucket import S3ExportBucket
from assent.aws.export_store import DynamoExportStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.clock import SystemClock
from assent.evidence.building import BuildStatus, ExportBuilding
from assent.identifiers import ExportId
from assent.settings import ExportBuildSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

# Long enough to flush, park and save what the last page brought.
_MARGIN = timedelta(seconds=60)


@functools.cache
def wiring() -> ExportBuilding:
    """Read the environment once and put the parts together."""
    settings = ExportBuildSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = EventTables(settings.consent_events_table, settings.evidence_table)
    return ExportBuilding(
        store=DynamoExportStore(dynamodb, settings.exports_table),
        events=DynamoEventSource(dynamodb, tables, clock),
        phones=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        sink=S3ExportBucket(clients.s3(), settings.export_bucket),
        clock=clock,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """In {export_id}, or {export_id, failed: true} to give it up; out {status}: more or done."""
    export_id = ExportId(event["export_id"])
    with invocation(export_id):
        building = wiring()
        if event.get("failed"):
            building.fail(export_id)
            count("ExportFailed")
            record("export_failed", {"export_id": export_id, "reason": "workflow"})
            return {"status": BuildStatus.DONE.value}
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        status = building.build(export_id, building.clock.now() + left - _MARGIN)
        if status is BuildStatus.DONE:
            count("ExportBuilt")
        record("export_written", {"export_id": export_id, "reason": status.value})
        return {"status": status.value}

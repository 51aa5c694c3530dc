"""Every week: reviews the seven whole days before it for compliance, and keeps the report."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.digest_store import DynamoDigestStore
from assent.aws.event_items import EventTables
from assent.aws.event_log import DynamoEventLog
from assent.aws.event_source import DynamoEventSource
from assent.aws.export_sources import DynamoAuditLog
from assent.aws.import_store import DynamoImportStore
from assent.aws.ledger_marks import DynamoDoubts
from assent.aws.outbox import DynamoOutbox
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.report_store import DynamoReportStore
from assent.clock import SystemClock
from assent.rights.review import Review, Reviewed
from assent.settings import ReviewSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Review:
    """Read the environment once and put the parts together."""
    settings = ReviewSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = EventTables(settings.consent_events_table, settings.evidence_table)
    stores = Reviewed(
        log=DynamoEventLog(dynamodb, settings.consent_events_table),
        events=DynamoEventSource(dynamodb, tables, clock),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        doubts=DynamoDoubts(dynamodb, settings.messages_table),
        audit=DynamoAuditLog(dynamodb, settings.staff_audit_table),
        outbox=DynamoOutbox(dynamodb, settings.outbox_table),
        digests=DynamoDigestStore(dynamodb, settings.digests_table),
        imports=DynamoImportStore(dynamodb, settings.imports_table),
        reports=DynamoReportStore(dynamodb, settings.reports_table),
    )
    return Review(stores, clock)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Out {review_id, findings}: which review was made, and what in it wants a look."""
    with invocation(str(event.get("id", "schedule"))):
        review_id, document = wiring().make()
        found = {"review_id": review_id, "findings": document["findings"]}
        count("ReviewMade")
        record("review_made", {**found, "reason": "schedule"})
        return found

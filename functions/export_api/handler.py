"""Answers what a reviewer asks about a number, and orders exports."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.export_bucket import S3ExportBucket
from assent.aws.export_sources import DynamoTexts
from assent.aws.export_store import DynamoExportStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.aws.workflow import StepFunctionsWorkflow
from assent.campaigns.past_service import PastDecisions
from assent.clock import SystemClock
from assent.evidence.export import ExportService
from assent.evidence.history import HistoryService
from assent.evidence.staff_audit import StaffAudit
from assent.http.cursors import Cursors
from assent.http.evidence import EvidenceServices, evidence_api
from assent.http.idempotency import Once
from assent.identifiers import RandomIds
from assent.settings import ExportApiSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> EvidenceServices:
    """Read the environment once and put the parts together."""
    settings = ExportApiSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    keys = phone_keys(clients.kms(), settings, store.standing)
    exports = ExportService(
        store=DynamoExportStore(dynamodb, settings.exports_table),
        links=S3ExportBucket(clients.s3(), settings.export_bucket),
        workflow=StepFunctionsWorkflow(clients.stepfunctions(), settings.export_state_machine_arn),
        clock=clock,
        ids=RandomIds(),
    )
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    return EvidenceServices(
        history=HistoryService(store, keys),
        ledger=DynamoMessageLedger(dynamodb, settings.messages_table, clock),
        exports=exports,
        keys=keys,
        clock=clock,
        once=Once(idempotency, clock, functools.partial(keys.mac, "idempotency")),
        cursors=Cursors(functools.partial(keys.mac, "cursor")),
        audit=StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock),
        decisions=PastDecisions(
            campaigns=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
            programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
            histories=store,
            profiles=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
            texts=DynamoTexts(dynamodb, settings.messages_table),
            clock=clock,
        ),
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return evidence_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

"""Lets compliance answer a person's rights (copy, restriction, legal hold) and read the reports."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.export_sources import DynamoTexts
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.ledger_marks import DynamoKeptTexts
from assent.aws.paper_bucket import S3Papers
from assent.aws.phone_keys import phone_keys
from assent.aws.report_store import DynamoReportStore
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.clock import SystemClock
from assent.consent.restricting import Restricting
from assent.consent.service import ConsentService
from assent.evidence.history import HistoryService
from assent.evidence.staff_audit import StaffAudit
from assent.http.cursors import Cursors
from assent.http.rights import RightsServices, rights_api
from assent.identifiers import RandomIds
from assent.rights.copy import Copies, Held
from assent.rights.holding import Holding
from assent.rights.retention import rules_of
from assent.settings import RightsApiSettings
from assent.telemetry import invocation
from assent.web.rights_pages import draw_copy, draw_review

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> RightsServices:
    """Read the environment once and put the parts together."""
    settings = RightsApiSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    keys = phone_keys(clients.kms(), settings, store.standing)
    papers = S3Papers(clients.s3(), settings.export_bucket)
    audit = StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock)
    held = Held(
        people=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        history=HistoryService(store, keys),
        requests=store,
        texts=DynamoTexts(dynamodb, settings.messages_table),
        replies=DynamoInboxStore(dynamodb, settings.inbox_table),
        audit=audit,
    )
    restricting = Restricting(ConsentService(store, clock, ids))
    return RightsServices(
        copies=Copies(held, papers, draw_copy, keys, clock, ids),
        restricting=restricting,
        holding=Holding(restricting, DynamoKeptTexts(dynamodb, settings.messages_table, clock)),
        rules=rules_of(settings.retention_days),
        reports=DynamoReportStore(dynamodb, settings.reports_table),
        papers=papers,
        draw_review=draw_review,
        keys=keys,
        clock=clock,
        cursors=Cursors(functools.partial(keys.mac, "cursor")),
        audit=audit,
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return rights_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

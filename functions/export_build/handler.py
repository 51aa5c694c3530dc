"""Writes an export's bundle as far as its time allows, and says what comes next."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.digest_store import DynamoDigestStore
from assent.aws.event_items import EventTables
from assent.aws.event_source import DynamoEventSource
from assent.aws.export_bucket import S3ExportBucket
from assent.aws.export_sources import DynamoAuditLog, DynamoPeople, DynamoTexts
from assent.aws.export_store import DynamoExportStore
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.aws.vault_bucket import S3Vault
from assent.campaigns.past_service import PastDecisions
from assent.clock import SystemClock
from assent.evidence.building import BuildStatus, ExportBuilding
from assent.evidence.datasets import Dataset
from assent.evidence.sources import OPT_OUTS, AuditRows, ConsentRows, EventRows, MessageRows
from assent.identifiers import ExportId
from assent.papers.files import DossierFiles
from assent.papers.gathering import Gathering
from assent.papers.logged import LoggedHistories
from assent.settings import ExportBuildSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.papers.dossier import Dossier

# Long enough to finish the digest that is being written, place its piece and save.
_MARGIN = timedelta(seconds=60)


@functools.cache
def wiring() -> ExportBuilding:
    """Read the environment once and put the parts together."""
    settings = ExportBuildSettings.from_env()
    dynamodb, s3, clock = clients.dynamodb(), clients.s3(), SystemClock()
    digests = DynamoDigestStore(dynamodb, settings.digests_table)
    vault = S3Vault(s3, settings.evidence_bucket)
    tables = EventTables(settings.consent_events_table, settings.evidence_table)
    events = DynamoEventSource(dynamodb, tables, clock)
    people = DynamoPeople(dynamodb, settings.subscribers_table, clock)
    texts = DynamoTexts(dynamodb, settings.messages_table)
    audit = DynamoAuditLog(dynamodb, settings.staff_audit_table)
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    campaigns = DynamoCampaignStore(dynamodb, settings.campaigns_table, clock)
    past = PastDecisions(
        campaigns=campaigns,
        programmes=programmes,
        histories=LoggedHistories(events, people),
        profiles=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        texts=texts,
        clock=clock,
    )
    replies = DynamoInboxStore(dynamodb, settings.inbox_table)
    return ExportBuilding(
        store=DynamoExportStore(dynamodb, settings.exports_table),
        sources={
            Dataset.CONSENT_EVENTS: EventRows(digests, vault, events, people),
            Dataset.OPT_OUTS: EventRows(digests, vault, events, people, OPT_OUTS),
            Dataset.CURRENT_CONSENTS: ConsentRows(people),
            Dataset.MESSAGES: MessageRows(texts, people),
            Dataset.STAFF_AUDIT: AuditRows(audit),
        },
        digests=digests,
        sink=S3ExportBucket(s3, settings.export_bucket),
        clock=clock,
        appendix=DossierFiles(Gathering(past, campaigns, programmes, replies, audit), _page),
    )


def _page(dossier: Dossier) -> str:
    """Only a dossier pays for the engine of templates."""
    from assent.web.dossier import dossier_page

    return dossier_page(dossier)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """In {export_id, run}, with failed: true to give it up; out {status}: more, sign or done."""
    export_id = ExportId(event["export_id"])
    run = int(event["run"]) if "run" in event else None
    with invocation(export_id):
        building = wiring()
        if event.get("failed"):
            building.fail(export_id, run)
            count("ExportFailed")
            record("export_failed", {"export_id": export_id, "reason": "workflow"})
            return {"status": BuildStatus.DONE.value}
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        status = building.build(export_id, building.clock.now() + left - _MARGIN, run)
        if status is BuildStatus.DONE:
            count("ExportBuilt")
        record("export_written", {"export_id": export_id, "reason": status.value})
        return {"status": status.value}

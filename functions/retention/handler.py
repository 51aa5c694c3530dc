"""Every hour: goes on with the day's pass over the retention rules, if it is not at its end."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.export_sources import DynamoPeople
from assent.aws.inbox_sweep import InboxSweep
from assent.aws.ledger_marks import DynamoKeptTexts
from assent.aws.quarantine_sweep import QuarantineSweep
from assent.aws.report_store import DynamoReportStore
from assent.clock import SystemClock
from assent.consent.erasing import Erasing
from assent.consent.service import ConsentService
from assent.identifiers import RandomIds
from assent.rights.retention import FormerPeople, Retention, rules_of
from assent.settings import RetentionSettings
from assent.telemetry import invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.identifiers import SubscriberKey

# One slice is 200 people or objects at most.
_LAST_SLICE = timedelta(seconds=60)


@functools.cache
def wiring() -> Retention:
    """Read the environment once and put the parts together."""
    settings = RetentionSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)

    def is_kept(subscriber_key: SubscriberKey) -> bool:
        standing = store.standing(subscriber_key)
        return standing is not None and standing.kept_at is not None

    return Retention(
        rules=rules_of(settings.retention_days),
        sweeps={
            "former_people": FormerPeople(
                DynamoPeople(dynamodb, settings.subscribers_table, clock),
                Erasing(ConsentService(store, clock, RandomIds())),
                DynamoKeptTexts(dynamodb, settings.messages_table, clock),
            ),
            "inbox": InboxSweep(dynamodb, settings.inbox_table, is_kept),
            "quarantine": QuarantineSweep(clients.s3(), settings.quarantine_bucket),
        },
        reports=DynamoReportStore(dynamodb, settings.reports_table),
        clock=clock,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, bool]:
    """Out {is_complete}: whether the day's pass is at its end."""
    with invocation(str(event.get("id", "schedule"))):
        retention = wiring()
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        is_complete = retention.run(retention.clock.now() + left - _LAST_SLICE)
        record("retention_run", {"is_complete": is_complete, "reason": "schedule"})
        return {"is_complete": is_complete}

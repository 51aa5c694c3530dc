"""Goes through an uploaded file as far as its time and its pace allow."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.import_bucket import S3ImportBucket
from assent.aws.import_store import DynamoImportStore
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.sign_up_queue import SqsSignUpQueue
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.identifiers import ImportId, RandomIds
from assent.imports.deciding import RowDeciding
from assent.imports.running import PAUSE_SECONDS, ImportRunning, RunStatus
from assent.opt_in.other_doors import OtherDoors
from assent.settings import ImportRunSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

# What is begun before it, a report and a save, ends before the time-out.
_MARGIN = timedelta(seconds=60)


@functools.cache
def wiring() -> ImportRunning:
    """Read the environment once and put the parts together."""
    settings = ImportRunSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    queue = SqsSignUpQueue(clients.sqs(), settings.confirmation_queue)
    deciding = RowDeciding(
        consent=ConsentService(store, clock, ids),
        doors=OtherDoors(programmes, queue, clock, ids),
        keys=phone_keys(clients.kms(), settings, store.standing),
        clock=clock,
        allowed_countries=settings.allowed_countries,
    )
    return ImportRunning(
        store=DynamoImportStore(dynamodb, settings.imports_table),
        files=S3ImportBucket(clients.s3(), settings.import_bucket),
        deciding=deciding,
        clock=clock,
        asks_per_minute=settings.import_asks_per_minute,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str | int]:
    """In {import_id}, or {import_id, failed: true} to give it up; out {status, wait_seconds}:
    done, more, or wait."""
    import_id = ImportId(event["import_id"])
    with invocation(import_id):
        running = wiring()
        if event.get("failed"):
            running.fail(import_id)
            count("ImportFailed")
            return {"status": RunStatus.DONE.value, "wait_seconds": 0}
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        status = running.run(import_id, running.clock.now() + left - _MARGIN)
        record("import_went_on", {"import_id": import_id, "reason": status.value})
        wait = PAUSE_SECONDS if status is RunStatus.WAIT else 0
        return {"status": status.value, "wait_seconds": wait}

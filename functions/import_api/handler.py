"""Lets staff open, check, start, cancel and follow imports."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.import_bucket import S3ImportBucket
from assent.aws.import_store import DynamoImportStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.workflow import StepFunctionsWorkflow
from assent.clock import SystemClock
from assent.evidence.staff_audit import StaffAudit
from assent.http.cursors import checksum
from assent.http.idempotency import Once
from assent.http.imports import ImportServices, imports_api
from assent.identifiers import RandomIds
from assent.imports.service import ImportService
from assent.settings import ImportApiSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> ImportServices:
    """Read the environment once and put the parts together."""
    settings = ImportApiSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    imports = ImportService(
        store=DynamoImportStore(dynamodb, settings.imports_table),
        files=S3ImportBucket(clients.s3(), settings.import_bucket),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        workflow=StepFunctionsWorkflow(clients.stepfunctions(), settings.import_state_machine_arn),
        clock=clock,
        ids=RandomIds(),
    )
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    return ImportServices(
        imports=imports,
        # Bodies here hold no phone number, so a plain hash gives nothing away.
        once=Once(idempotency, clock, checksum),
        audit=StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock),
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return imports_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

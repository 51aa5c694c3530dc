"""Takes attributes and behaviour that others report, and previews texts; touches no consent."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.audience.facts import Facts
from assent.aws import clients
from assent.aws.enrolment_store import DynamoEnrolmentStore
from assent.aws.fact_store import DynamoFactStore
from assent.aws.flow_store import DynamoFlowStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.template_store import DynamoTemplateStore
from assent.clock import SystemClock
from assent.evidence.staff_audit import StaffAudit
from assent.flows.enrolling import Entering, Reporting
from assent.http.idempotency import Once
from assent.http.previews import PreviewServices
from assent.http.subscribers import SubscriberServices, subscribers_api
from assent.identifiers import RandomIds
from assent.settings import SubscribersApiSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> SubscriberServices:
    """Read the environment once and put the parts together."""
    settings = SubscribersApiSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    facts = DynamoFactStore(dynamodb, settings.subscribers_table, settings.control_table)
    keys = phone_keys(clients.kms(), settings, facts.standing)
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    enrolments = DynamoEnrolmentStore(
        dynamodb, settings.control_table, settings.campaigns_table, clock
    )
    return SubscriberServices(
        facts=Facts(facts, clock),
        flows=Reporting(
            DynamoFlowStore(dynamodb, settings.campaigns_table),
            Entering(enrolments, clock),
            facts.person,
            clock,
        ),
        keys=keys,
        once=Once(idempotency, clock, functools.partial(keys.mac, "idempotency")),
        ids=ids,
        previews=PreviewServices(
            DynamoTemplateStore(dynamodb, settings.templates_table),
            DynamoProgrammeStore(dynamodb, settings.programmes_table),
            facts.person,
            keys,
            settings.public_url,
        ),
        audit=StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock),
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return subscribers_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

"""Lets staff enter a person's wish to be texted, decide replies, and erase what is held of one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.sign_up_queue import SqsSignUpQueue
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.traces import ProofTraces, ReplyTraces, TextTraces
from assent.clock import SystemClock
from assent.consent.erasing import Erasing
from assent.consent.service import ConsentService
from assent.evidence.staff_audit import StaffAudit
from assent.http.idempotency import Once
from assent.http.people import PeopleServices, people_api
from assent.identifiers import RandomIds
from assent.inbound.deciding import Deciding
from assent.opt_in.other_doors import OtherDoors
from assent.settings import ConsentStaffSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> PeopleServices:
    """Read the environment once and put the parts together."""
    settings = ConsentStaffSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    consent = ConsentService(store, clock, ids)
    inbox = DynamoInboxStore(dynamodb, settings.inbox_table)
    keys = phone_keys(clients.kms(), settings, store.standing)
    traces = (
        ProofTraces(dynamodb, tables),
        TextTraces(dynamodb, settings.messages_table),
        ReplyTraces(dynamodb, settings.inbox_table),
    )
    queue = SqsSignUpQueue(clients.sqs(), settings.confirmation_queue)
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    return PeopleServices(
        doors=OtherDoors(
            DynamoProgrammeStore(dynamodb, settings.programmes_table), queue, clock, ids
        ),
        erasing=Erasing(consent, traces),
        deciding=Deciding(inbox, consent, store, clock),
        keys=keys,
        once=Once(idempotency, clock, functools.partial(keys.mac, "idempotency")),
        audit=StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock),
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return people_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

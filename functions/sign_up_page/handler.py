"""Shows each programme's own sign-up page, and hands out the form for other people's pages."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions, Door
from assent.abuse.limits import limits
from assent.aws import clients
from assent.aws.breakers import DynamoBreakers
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counters import DynamoCounters
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.sign_up_queue import SqsSignUpQueue
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.identifiers import RandomIds
from assent.opt_in.form_token import FormTokens
from assent.opt_in.service import OptInService
from assent.settings import SignUpPageSettings
from assent.telemetry import invocation
from assent.web.sign_up import SignUpDoor
from assent.web.sign_up_site import SignUpServices, SignUpSite

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> SignUpServices:
    """Read the environment once and put the parts together."""
    settings = SignUpPageSettings.from_env()
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
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    counters, subjects = DynamoCounters(dynamodb, settings.control_table), Subjects(keys.mac)
    tokens = FormTokens(keys, clock, ids, counters)
    table = limits(
        per_ip=settings.sign_ups_per_ip,
        per_prefix=settings.sign_ups_per_prefix,
        in_all=settings.texts_per_hour,
    )
    opt_in = OptInService(
        programmes=programmes,
        consent=ConsentService(store, clock, ids),
        store=store,
        keys=keys,
        tokens=tokens,
        door=Door(counters, subjects, clock, table),
        queue=SqsSignUpQueue(clients.sqs(), settings.confirmation_queue),
        conversions=Conversions(DynamoBreakers(dynamodb, settings.control_table), subjects, clock),
        clock=clock,
    )
    door = SignUpDoor(programmes, opt_in, tokens, settings.origination_identity)
    return SignUpServices(door, settings.public_url)


def api() -> SignUpSite:
    """Return the routes; nothing is built before the first request."""
    return SignUpSite(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    del context
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event)

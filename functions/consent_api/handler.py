"""Takes sign-ups and confirmations from the public; texts nobody itself."""

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
from assent.aws.digest_store import DynamoDigestStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.sign_up_queue import SqsSignUpQueue
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.http.idempotency import Once
from assent.http.public import PublicServices, public_api
from assent.identifiers import RandomIds
from assent.opt_in.form_token import FormTokens
from assent.opt_in.service import OptInService
from assent.settings import ConsentApiSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api


@functools.cache
def wiring() -> PublicServices:
    """Read the environment once and put the parts together."""
    settings = ConsentApiSettings.from_env()
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
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    once = Once(idempotency, clock, functools.partial(keys.mac, "idempotency"))
    digests = DynamoDigestStore(dynamodb, settings.digests_table)
    return PublicServices(programmes, opt_in, tokens, once, digests, settings.public_url)


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return public_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

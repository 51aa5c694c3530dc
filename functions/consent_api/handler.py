"""Takes sign-ups and confirmations from the public."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counted import CountedMessageLedger
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.phone_keys import KmsPhoneKeys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sns_sender import SnsSmsSender
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.http.idempotency import Once
from assent.http.public import PublicServices, public_api
from assent.identifiers import RandomIds
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Pace
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
    keys = KmsPhoneKeys(clients.kms(), settings.phone_key_id, settings.phone_key_version)
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    identity, rate = settings.origination_identity, settings.parts_per_second
    rates = DynamoRateStore(dynamodb, settings.control_table)
    messenger = Messenger(
        sender=SnsSmsSender(clients.sms(), identity),
        ledger=CountedMessageLedger(dynamodb, settings.messages_table, clock),
        pace=Pace(rates, clock, identity, rate, horizon=REPLY_HORIZON),
        clock=clock,
    )
    tokens = FormTokens(keys, clock)
    opt_in = OptInService(
        programmes=programmes,
        consent=ConsentService(store, clock, ids),
        store=store,
        keys=keys,
        messenger=messenger,
        clock=clock,
        brand=settings.brand,
        support_contact=settings.support_contact,
        allowed_countries=settings.allowed_countries,
    )
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    once = Once(idempotency, clock, functools.partial(keys.mac, "idempotency"))
    return PublicServices(programmes, opt_in, tokens, once)


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return public_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)

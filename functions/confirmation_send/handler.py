"""Records the sign-ups that were taken in and answers each by at most one confirmation text."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.abuse.counters import Subjects
from assent.abuse.guard import TextGuard
from assent.abuse.limits import limits
from assent.aws import clients
from assent.aws.breakers import DynamoBreakers
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counted_ledger import CountedMessageLedger
from assent.aws.counters import DynamoCounters
from assent.aws.link_store import DynamoLinkStore
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sign_up_queue import unpacked
from assent.aws.sms_sender import sms_sender
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.consent.stopped import Stopped
from assent.identifiers import RandomIds
from assent.links.service import Links
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Pace
from assent.opt_in.answering import Answering
from assent.settings import ConfirmationSendSettings
from assent.telemetry import count, invocation, logger, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.opt_in.answering import Answered


@functools.cache
def wiring() -> Answering:
    """Read the environment once and put the parts together."""
    settings = ConfirmationSendSettings.from_env()
    dynamodb, clock, control = clients.dynamodb(), SystemClock(), settings.control_table
    ids = RandomIds()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        control,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    keys = phone_keys(clients.kms(), settings, store.standing)
    identity, rate = settings.origination_identity, settings.parts_per_second
    messenger = Messenger(
        sender=sms_sender(settings),
        ledger=CountedMessageLedger(dynamodb, settings.messages_table, clock),
        pace=Pace(DynamoRateStore(dynamodb, control), clock, identity, rate, horizon=REPLY_HORIZON),
        clock=clock,
        is_stopped=Stopped(store),
    )
    guard = TextGuard(
        DynamoCounters(dynamodb, control),
        DynamoBreakers(dynamodb, control),
        Subjects(keys.mac),
        clock,
        limits(per_country=settings.texts_per_country_day, in_all=settings.texts_per_hour),
        settings.least_confirmed_percent,
    )
    return Answering(
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        consent=ConsentService(store, clock, ids),
        keys=keys,
        messenger=messenger,
        guard=guard,
        clock=clock,
        brand=settings.brand,
        support_contact=settings.support_contact,
        allowed_countries=settings.allowed_countries,
        links=Links(DynamoLinkStore(dynamodb, control), clock, ids),
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, list[dict[str, str]]]:
    """Return the sign-ups to hand over again; all others are dealt with for good."""
    failed = [
        {"itemIdentifier": str(each["messageId"])} for each in event["Records"] if not _done(each)
    ]
    return {"batchItemFailures": failed}


def _done(entry: Mapping[str, Any]) -> bool:
    with invocation(str(entry["messageId"])):
        try:
            _report(wiring().answer(unpacked(entry["body"])))
        except Exception as error:
            # No more than the class: a message may quote what was sent.
            count("SignUpFailed")
            logger().error("sign_up_failed", extra={"error": type(error).__name__})
            return False
        return True


def _report(answered: Answered) -> None:
    count("SignUpAnswered")
    if answered.withheld is not None:
        count("ConfirmationWithheld")
    if answered.breaker_opened:
        count("SignUpBreakerOpened")
    limit = answered.withheld.value if answered.withheld else None
    facts = {"reason": answered.reason, "texted": answered.was_texted, "limit": limit}
    record("sign_up_answered", facts)

"""Reads what people text back from the queue and acts on it.

What cannot be read is put aside whole and, where a sender can be made out, counts as a STOP: better
one person too few than one text after an opt-out that nobody understood.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from assent.abuse.counters import Subjects
from assent.abuse.guard import Conversions
from assent.audience.engagement import Act
from assent.audience.facts import Deduped
from assent.aws import clients
from assent.aws.breakers import DynamoBreakers
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counted_ledger import CountedMessageLedger
from assent.aws.fact_store import DynamoFactStore
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.link_store import DynamoLinkStore
from assent.aws.opt_out_counts import DynamoOptOutCounts
from assent.aws.phone_keys import phone_keys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.quarantine_bucket import S3QuarantineBucket
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sign_up_queue import SqsSignUpQueue
from assent.aws.sms_sender import sms_sender
from assent.clock import SystemClock
from assent.consent.events import Source
from assent.consent.service import ConsentService
from assent.consent.stopped import Stopped
from assent.errors import TryAgainError, UnreadableInboundError
from assent.identifiers import RandomIds
from assent.inbound.keywords import Action
from assent.inbound.message import parse_envelope
from assent.inbound.reply_links import ReplyLinks
from assent.inbound.service import InboundService
from assent.links.service import Links
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Pace
from assent.opt_in.other_doors import OtherDoors
from assent.settings import InboundSmsSettings
from assent.telemetry import count, invocation, logger, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.audience.facts import FactStore
    from assent.consent.model import PhoneKeys
    from assent.inbound.message import InboundSms
    from assent.inbound.service import InboundOutcome


_NO_ANSWERS = frozenset({Action.OPT_OUT, Action.REVIEW})
_REPLY_REMEMBERED = timedelta(days=45)
# The queue moves a record to the dead letters after its fifth delivery.
_TRIES = 4


class InboundParts(NamedTuple):
    """What the queue's records are handed to."""

    inbound: InboundService
    consent: ConsentService
    keys: PhoneKeys
    quarantine: S3QuarantineBucket
    facts: FactStore


@functools.cache
def wiring() -> InboundParts:
    """Read the environment once and put the parts together."""
    settings = InboundSmsSettings.from_env()
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
    consent = ConsentService(store, clock, ids)
    identity, rate = settings.origination_identity, settings.parts_per_second
    rates = DynamoRateStore(dynamodb, settings.control_table)
    messenger = Messenger(
        sender=sms_sender(settings),
        ledger=CountedMessageLedger(dynamodb, settings.messages_table, clock),
        pace=Pace(rates, clock, identity, rate, horizon=REPLY_HORIZON),
        clock=clock,
        is_stopped=Stopped(store),
    )
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    inbound = InboundService(
        consent=consent,
        store=store,
        keys=keys,
        programmes=programmes,
        messenger=messenger,
        inbox=DynamoInboxStore(dynamodb, settings.inbox_table),
        clock=clock,
        brand=settings.brand,
        support_contact=settings.support_contact,
        joins=OtherDoors(
            programmes, SqsSignUpQueue(clients.sqs(), settings.confirmation_queue), clock, ids
        ),
        opt_out_counts=DynamoOptOutCounts(dynamodb, settings.campaigns_table),
        conversions=Conversions(
            DynamoBreakers(dynamodb, settings.control_table), Subjects(keys.mac), clock
        ),
        reply_links=ReplyLinks(
            Links(DynamoLinkStore(dynamodb, settings.control_table), clock, ids),
            settings.public_url,
            settings.support_contact,
        ),
    )
    quarantine = S3QuarantineBucket(clients.s3(), settings.quarantine_bucket)
    facts = DynamoFactStore(dynamodb, settings.subscribers_table, settings.control_table)
    return InboundParts(inbound, consent, keys, quarantine, facts)


def handler(event: Mapping[str, Any], _: object) -> dict[str, list[dict[str, str]]]:
    """Return the records to deliver again; all others are dealt with for good."""
    failed = [
        {"itemIdentifier": str(each["messageId"])} for each in event["Records"] if not _done(each)
    ]
    return {"batchItemFailures": failed}


def _done(entry: Mapping[str, Any]) -> bool:
    with invocation(str(entry["messageId"])):
        try:
            message = parse_envelope(entry["body"])
            outcome = wiring().inbound.receive(message)
            _report(message, outcome)
            _engaged(message, outcome)
        except UnreadableInboundError as error:
            return _put_aside(entry, error)
        except TryAgainError as error:
            return _try_again(error)
        except Exception as error:
            return _put_aside(entry, _poison(entry)) if _is_worn(entry) else _try_again(error)
        return True


def _is_worn(entry: Mapping[str, Any]) -> bool:
    """Whether the queue is about to give the record up: a stop in it must not wait until somebody
    reads the dead letters."""
    return int(entry["attributes"].get("ApproximateReceiveCount", 1)) >= _TRIES


def _poison(entry: Mapping[str, Any]) -> UnreadableInboundError:
    sender = parse_envelope(entry["body"]).from_phone
    return UnreadableInboundError("a text that fails whatever is tried", phone=sender)


def _report(message: InboundSms, outcome: InboundOutcome) -> None:
    count("InboundReceived")
    if (outcome.action, outcome.reason) == (Action.OPT_OUT, "stopped"):
        count("OptOutReceived")
    facts = {"inbound_message_id": message.inbound_message_id, "action": outcome.action.value}
    record("inbound_received", {**facts, "reason": outcome.reason, "replied": outcome.replied})


def _engaged(message: InboundSms, outcome: InboundOutcome) -> None:
    """Count an answer as one, for segments; a stop is none. What was asked for is done already, so
    a count that fails is let go."""
    if message.from_phone is None or outcome.action in _NO_ANSWERS:
        return
    parts = wiring()
    once = Deduped(f"replied#{message.inbound_message_id}", message.at + _REPLY_REMEMBERED)
    try:
        parts.facts.add(parts.keys.key_of(message.from_phone), Act.REPLIED, message.at, once)
    except TryAgainError:
        count("EngagementMissed")


def _put_aside(entry: Mapping[str, Any], unreadable: UnreadableInboundError) -> bool:
    try:
        parts = wiring()
        sent_at = datetime.fromtimestamp(int(entry["attributes"]["SentTimestamp"]) / 1000, UTC)
        name = str(entry["messageId"])
        key = parts.quarantine.keep(name, entry["body"], sent_at)
        if unreadable.phone is not None:
            parts.consent.stop(
                parts.keys.key_of(unreadable.phone),
                unreadable.phone,
                sent_at,
                {"quarantined": key},
                f"quarantine#{name}",
                Source.INBOUND_SMS,
                reason="unreadable",
            )
    except Exception as error:
        return _try_again(error)
    count("InboundQuarantined")
    record("inbound_quarantined", {"reason": "unreadable", "stopped": unreadable.phone is not None})
    return True


def _try_again(error: Exception) -> bool:
    """Say no more than the class: a message may quote what was received."""
    count("InboundFailed")
    logger().error("inbound_failed", extra={"error": type(error).__name__})
    return False

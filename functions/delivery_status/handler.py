"""Reads what carriers report about texts, from SNS's delivery log or End User Messaging's events.

A report of an opt-out is an opt-out; one that cannot be read, or that nobody has met yet, is put
aside whole and rings.
"""

from __future__ import annotations

import base64
import binascii
import functools
import gzip
import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.outbox import DynamoOutbox
from assent.aws.phone_keys import phone_keys
from assent.aws.quarantine_bucket import S3QuarantineBucket
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.errors import TryAgainError, UnreadableStatusError
from assent.identifiers import RandomIds
from assent.messages.delivery import UNKNOWN, Delivery
from assent.messages.delivery_events import eum_status, sns_status
from assent.provider_opt_outs.delivered import DeliveryReports
from assent.provider_opt_outs.learning import Learning, Learnt
from assent.settings import DeliveryStatusSettings
from assent.telemetry import count, invocation, logger, record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.messages.delivery_events import DeliveryStatus


class DeliveryParts(NamedTuple):
    """What reports are handed to."""

    reports: DeliveryReports
    quarantine: S3QuarantineBucket


class _Raw(NamedTuple):
    """One report as it came, and how its shape is read."""

    name: str
    body: str
    read: Callable[[str], DeliveryStatus]


@functools.cache
def wiring() -> DeliveryParts:
    """Read the environment once and put the parts together."""
    settings = DeliveryStatusSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    keys = phone_keys(clients.kms(), settings, store.standing)
    consent = ConsentService(store, clock, RandomIds())
    outbox = DynamoOutbox(dynamodb, settings.outbox_table)
    quarantine = S3QuarantineBucket(clients.s3(), settings.quarantine_bucket, "delivery")
    return DeliveryParts(DeliveryReports(Learning(consent, keys, outbox, clock), clock), quarantine)


def handler(event: Mapping[str, Any], _: object) -> dict[str, list[dict[str, str]]]:
    """Return the queue's records to deliver again. A part of the log cannot be given back by piece,
    so one that failed is raised as TryAgainError and comes again whole; that repeats nothing."""
    if "awslogs" in event:
        return _take_log(str(event["awslogs"].get("data", "")))
    failed = [
        {"itemIdentifier": str(each["messageId"])}
        for each in event["Records"]
        if not _done(_Raw(str(each["messageId"]), each["body"], _enveloped))
    ]
    return {"batchItemFailures": failed}


def _enveloped(body: str) -> DeliveryStatus:
    try:
        return eum_status(json.loads(body)["Message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        message = "a delivery event has no envelope"
        raise UnreadableStatusError(message) from None


def _take_log(data: str) -> dict[str, list[dict[str, str]]]:
    done = [_done(raw) for raw in _lines(data)]
    if not all(done):
        message = "some delivery statuses were not dealt with"
        raise TryAgainError(message)
    return {"batchItemFailures": []}


def _lines(data: str) -> list[_Raw]:
    try:
        log = json.loads(gzip.decompress(base64.b64decode(data, validate=True)))
        if log["messageType"] == "CONTROL_MESSAGE":
            return []
        return [_Raw(str(e["id"]), str(e["message"]), sns_status) for e in log["logEvents"]]
    except (ValueError, TypeError, KeyError, EOFError, OSError, binascii.Error, zlib.error):
        return [_Raw(hashlib.sha256(data.encode()).hexdigest(), data, sns_status)]


def _done(raw: _Raw) -> bool:
    with invocation(raw.name):
        try:
            status = raw.read(raw.body)
            _report(status, wiring().reports.receive(status))
            if status.verdict is UNKNOWN:
                _put_aside(raw)
                count("DeliveryStatusUnknown")
        except UnreadableStatusError:
            return _unreadable(raw)
        except Exception as error:
            return _try_again(error)
        return True


def _report(status: DeliveryStatus, learnt: Learnt | None) -> None:
    verdict = status.verdict
    count("DeliveryReported")
    if learnt is Learnt.STOPPED:
        count("OptOutReceived")
    if verdict.delivery is Delivery.OK:
        return
    facts = {
        "provider_message_id": status.provider_message_id,
        "delivery": verdict.delivery.value,
        "number": verdict.action.value,
        "reason": verdict.code or "unknown",
        "opt_out": learnt.value if learnt else None,
    }
    record("delivery_failed", facts)


def _unreadable(raw: _Raw) -> bool:
    try:
        _put_aside(raw)
    except Exception as error:
        return _try_again(error)
    count("DeliveryStatusUnreadable")
    record("delivery_status_quarantined", {"reason": "unreadable"})
    return True


def _put_aside(raw: _Raw) -> None:
    parts = wiring()
    parts.quarantine.keep(raw.name, raw.body, parts.reports.clock.now())


def _try_again(error: Exception) -> bool:
    """Say no more than the class: a message may quote what was received."""
    count("DeliveryStatusFailed")
    logger().error("delivery_status_failed", extra={"error": type(error).__name__})
    return False

"""Every quarter of an hour: ends requests, recalls them once, asks anew, finishes erasures."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from assent.aws import clients
from assent.aws.agenda import DynamoAgenda
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counted_ledger import CountedMessageLedger
from assent.aws.link_store import DynamoLinkStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sms_sender import sms_sender
from assent.aws.traces import ProofTraces, ReplyTraces, TextTraces
from assent.clock import SystemClock
from assent.consent.erasing import Erasing
from assent.consent.lapsing import Lapsing
from assent.consent.service import ConsentService
from assent.consent.stopped import Stopped
from assent.errors import TryAgainError
from assent.identifiers import RandomIds
from assent.links.service import Links
from assent.messages.messenger import Messenger
from assent.messages.pace import REPLY_HORIZON, Pace
from assent.opt_in.lifecycle import Done, Lifecycle
from assent.settings import ConsentLifecycleSettings
from assent.telemetry import count, invocation, logger, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.clock import Clock
    from assent.opt_in.lifecycle import Looked

# What one entry may take at most: a wait for a slot, a text and its records.
_LAST_ENTRY = timedelta(seconds=30)
_METRICS = {
    Done.EXPIRED: "RequestExpired",
    Done.REMINDED: "RequestReminded",
    Done.ASKED_ANEW: "ConsentAskedAnew",
    Done.ENDED_BY_SILENCE: "ConsentEndedBySilence",
    Done.ERASED: "ErasureFinished",
}


class LifecycleParts(NamedTuple):
    """What a run needs."""

    lifecycle: Lifecycle
    clock: Clock


@functools.cache
def wiring() -> LifecycleParts:
    """Read the environment once and put the parts together."""
    settings = ConsentLifecycleSettings.from_env()
    dynamodb, clock, control = clients.dynamodb(), SystemClock(), settings.control_table
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        control,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    consent = ConsentService(store, clock, RandomIds())
    identity, rate = settings.origination_identity, settings.parts_per_second
    messenger = Messenger(
        sender=sms_sender(settings),
        ledger=CountedMessageLedger(dynamodb, settings.messages_table, clock),
        pace=Pace(DynamoRateStore(dynamodb, control), clock, identity, rate, horizon=REPLY_HORIZON),
        clock=clock,
        is_stopped=Stopped(store),
    )
    traces = (
        ProofTraces(dynamodb, tables),
        TextTraces(dynamodb, settings.messages_table),
        ReplyTraces(dynamodb, settings.inbox_table),
    )
    lifecycle = Lifecycle(
        agenda=DynamoAgenda(dynamodb, control),
        lapsing=Lapsing(consent),
        profiles=store,
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        messenger=messenger,
        erasures=Erasing(consent, traces),
        clock=clock,
        brand=settings.brand,
        support_contact=settings.support_contact,
        links=Links(DynamoLinkStore(dynamodb, control), clock, RandomIds()),
        site=settings.public_url,
    )
    return LifecycleParts(lifecycle, clock)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Return how many entries came to what. Raises TryAgainError when some failed, at the end."""
    with invocation(str(event.get("id", "schedule"))):
        parts, found = wiring(), dict.fromkeys((done.value for done in Done), 0)
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        failed = 0
        for looked in parts.lifecycle.run(parts.clock.now() + left - _LAST_ENTRY):
            if looked.done is None:
                failed += 1
            else:
                found[looked.done.value] += 1
            _report(looked)
        if failed:
            message = f"{failed} entries of the agenda failed and stay on it"
            raise TryAgainError(message)
        return found


def _report(looked: Looked) -> None:
    if looked.done is None:
        count("LifecycleFailed")
        logger().error("lifecycle_failed", extra={"error": looked.error})
    elif looked.done in _METRICS:
        count(_METRICS[looked.done])
        facts = {"programme_id": looked.due.programme_id, "reason": looked.done.value}
        record("consent_came_due", facts)

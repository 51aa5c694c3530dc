"""Every five minutes: looks for people whom a flow awaits, and sends the steps that are due."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from assent.aws import clients
from assent.aws.allowances import DynamoAllowances, allowance_of
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.enrolment_store import DynamoEnrolmentStore
from assent.aws.flow_store import DynamoFlowStore
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.outbox import DynamoOutbox
from assent.aws.phone_keys import macs_of
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sealed_links import SealedPersonalLinks, derived_seal, derived_tracking
from assent.aws.sms_sender import sms_sender
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.allowance import DayCheck
from assent.campaigns.guardrails import Guardrails
from assent.campaigns.sending import Sending
from assent.campaigns.sending_opt_outs import ProviderOptOuts
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.errors import TryAgainError
from assent.flows.enrolling import Entering
from assent.flows.running import Running
from assent.flows.stepping import Stepped, Stepping
from assent.flows.sweeping import Sweeping
from assent.identifiers import RandomIds
from assent.messages.pace import Pace
from assent.settings import FlowRunSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.clock import Clock

# The look over the subscribers ends here, a slice later at most; the rest is for texts.
_SWEEP_SECONDS = 60
# A text takes a second with its reads and records; more threads than that use no more rate.
_MAX_THREADS = 8
_METRICS: Mapping[Stepped | None, str] = {
    None: "FlowStepFailed",
    Stepped.SENT: "SmsSent",
    Stepped.FAILED: "SmsFailedInFlow",
    Stepped.LEFT_OUT: "SmsSuppressed",
    Stepped.ENDED: "FlowEndedForPerson",
}


class FlowParts(NamedTuple):
    """What a run needs."""

    sweeping: Sweeping
    running: Running
    clock: Clock


@functools.cache
def wiring() -> FlowParts:
    """Read the environment once and put the parts together."""
    settings = FlowRunSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    flows = DynamoFlowStore(dynamodb, settings.campaigns_table)
    enrolments = DynamoEnrolmentStore(
        dynamodb, settings.control_table, settings.campaigns_table, clock
    )
    sending = _sending(settings, clock)
    stepping = Stepping(flows, enrolments, sending)
    sums = DynamoAllowances(dynamodb, settings.control_table)
    day = DayCheck(sums, settings.origination_identity, settings.daily_parts)
    workers = max(1, min(_MAX_THREADS, settings.parts_per_second))
    return FlowParts(
        Sweeping(flows, Entering(enrolments, clock), sending.subscribers, enrolments, clock),
        Running(flows, enrolments, stepping, sending.campaigns, clock, workers, day),
        clock,
    )


def _sending(settings: FlowRunSettings, clock: Clock) -> Sending:
    """The campaigns' own, so that there is one place that decides whether a text may leave."""
    dynamodb, ids = clients.dynamodb(), RandomIds()
    macs = macs_of(clients.kms, settings.link_key_id)
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    consent = ConsentService(DynamoConsentStore(dynamodb, tables, clock), clock, ids)
    return Sending(
        campaigns=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        subscribers=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        claims=DynamoClaimStore(dynamodb, settings.subscribers_table),
        ledger=DynamoMessageLedger(dynamodb, settings.messages_table, clock),
        sender=sms_sender(settings),
        pace=Pace(
            DynamoRateStore(dynamodb, settings.control_table),
            clock,
            settings.origination_identity,
            settings.parts_per_second,
        ),
        opt_outs=ProviderOptOuts(consent, clock, DynamoOutbox(dynamodb, settings.outbox_table)),
        links=SealedPersonalLinks(
            derived_seal(macs, settings.link_key_versions),
            settings.public_url,
            clock,
            derived_tracking(macs, settings.link_key_versions),
        ),
        guardrails=Guardrails(
            settings.most_opt_outs_percent,
            settings.opt_outs_judged_after,
            settings.most_failures_percent,
            settings.failures_judged_after,
        ),
        clock=clock,
        ids=ids,
        allowance=allowance_of(settings, dynamodb, clock),
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Return how many people entered, and how many looks came to what. Raises TryAgainError at the
    end when some failed: they are looked at again."""
    with invocation(str(event.get("id", "schedule"))):
        parts = wiring()
        began = parts.clock.monotonic()
        deadline = began + context.get_remaining_time_in_millis() / 1000
        entered = parts.sweeping.sweep(min(began + _SWEEP_SECONDS, deadline))
        looks = Counter(parts.running.run(deadline))
        for (flow_id, stepped), people in looks.items():
            count(_METRICS.get(stepped, "FlowStepLater"), people)
            reason = stepped.value if stepped else "failed"
            record("flow_stepped", {"flow_id": flow_id, "reason": reason, "people": people})
        count("FlowEntered", entered)
        failed = sum(people for (_, stepped), people in looks.items() if stepped is None)
        if failed:
            message = f"{failed} steps failed and stay due"
            raise TryAgainError(message)
        found: Counter[str] = Counter()
        for (_, stepped), people in looks.items():
            found[stepped.value if stepped else "failed"] += people
        return {"entered": entered, **found}

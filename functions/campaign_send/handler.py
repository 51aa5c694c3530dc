"""Texts one batch of a campaign: each person is claimed first, then texted at most once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.allowances import allowance_of
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.counted_campaigns import CountedCampaignStore
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.outbox import DynamoOutbox
from assent.aws.phone_keys import macs_of
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.sealed_links import SealedPersonalLinks, derived_seal, derived_tracking
from assent.aws.sms_sender import sms_sender
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.guardrails import Guardrails
from assent.campaigns.model import Batch
from assent.campaigns.sending import Sending
from assent.campaigns.sending_opt_outs import ProviderOptOuts
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.identifiers import CampaignId, RandomIds, SubscriberKey
from assent.messages.pace import Pace
from assent.settings import CampaignSendSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

# A thread has a text for this long: the claim and the wait for the slot take 0.15 s, the carrier's
# answer mostly less than as much again.
_SECONDS_PER_TEXT = 0.3
_MAX_THREADS = 32


@functools.cache
def wiring() -> Sending:
    """Read the environment once and put the parts together."""
    settings = CampaignSendSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    rate = settings.parts_per_second
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    consent = ConsentService(DynamoConsentStore(dynamodb, tables, clock), clock, ids)
    return Sending(
        campaigns=CountedCampaignStore(dynamodb, settings.campaigns_table, clock),
        subscribers=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        claims=DynamoClaimStore(dynamodb, settings.subscribers_table),
        ledger=DynamoMessageLedger(dynamodb, settings.messages_table, clock),
        sender=sms_sender(settings),
        pace=Pace(
            DynamoRateStore(dynamodb, settings.control_table),
            clock,
            settings.origination_identity,
            rate,
        ),
        opt_outs=ProviderOptOuts(consent, clock, DynamoOutbox(dynamodb, settings.outbox_table)),
        links=SealedPersonalLinks(
            derived_seal(macs_of(clients.kms, settings.link_key_id), settings.link_key_versions),
            settings.public_url,
            clock,
            derived_tracking(
                macs_of(clients.kms, settings.link_key_id), settings.link_key_versions
            ),
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
        workers=max(1, min(_MAX_THREADS, round(rate * _SECONDS_PER_TEXT))),
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """In {campaign_id, run, batch}; out {status}: done, unfinished or later."""
    campaign_id, batch = CampaignId(event["campaign_id"]), event["batch"]
    with invocation(f"{campaign_id}-r{event['run']}"):
        sending = wiring()
        deadline = sending.clock.monotonic() + context.get_remaining_time_in_millis() / 1000
        keys = tuple(SubscriberKey(key) for key in batch["subscriber_keys"])
        wanted = Batch(batch["batch_id"], keys, batch["parts"])
        status = sending.send(campaign_id, event["run"], wanted, deadline)
        count(f"Batch{status.capitalize()}")
        facts = {"campaign_id": campaign_id, "batch_id": wanted.batch_id, "reason": status.value}
        record("batch_sent", facts)
        return {"status": status.value}

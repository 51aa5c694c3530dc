"""Tells a batch whether it is its turn at the origination identity, or when to ask again."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.rate_store import DynamoRateStore
from assent.campaigns.model import Batch
from assent.campaigns.turns import Turns
from assent.clock import SystemClock
from assent.identifiers import CampaignId, SubscriberKey
from assent.settings import CampaignPaceSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Turns:
    """Read the environment once and put the parts together."""
    settings = CampaignPaceSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    return Turns(
        campaigns=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        rates=DynamoRateStore(dynamodb, settings.control_table),
        clock=clock,
        identity=settings.origination_identity,
        parts_per_second=settings.parts_per_second,
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, int]:
    """In {campaign_id, run, batch, pace: {waited}}; out {may_begin, wait_seconds, waited}."""
    campaign_id, batch = CampaignId(event["campaign_id"]), event["batch"]
    with invocation(f"{campaign_id}-r{event['run']}"):
        keys = tuple(SubscriberKey(key) for key in batch["subscriber_keys"])
        wanted = Batch(batch["batch_id"], keys, batch["parts"])
        waited = event.get("pace", {}).get("waited", 0)
        turn = wiring().turn(campaign_id, event["run"], wanted, waited)
        return {
            "may_begin": turn.may_begin,
            "wait_seconds": turn.wait_seconds,
            "waited": waited + turn.wait_seconds,
        }

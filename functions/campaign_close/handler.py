"""Last step of a campaign's execution: end it, go round again, or rest until it is resumed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.allowances import DynamoAllowances
from assent.aws.campaign_store import DynamoCampaignStore
from assent.campaigns.allowance import DayCheck
from assent.campaigns.closing import Closing
from assent.clock import SystemClock
from assent.identifiers import CampaignId
from assent.settings import CampaignCloseSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Closing:
    """Read the environment once and put the parts together."""
    settings, clock = CampaignCloseSettings.from_env(), SystemClock()
    dynamodb, identity = clients.dynamodb(), settings.origination_identity
    store = DynamoCampaignStore(dynamodb, settings.campaigns_table, clock)
    sums = DynamoAllowances(dynamodb, settings.control_table)
    return Closing(store, clock, DayCheck(sums, identity, settings.daily_parts))


def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
    """In {campaign_id, run}; out {status, wait_seconds}."""
    campaign_id = CampaignId(event["campaign_id"])
    with invocation(f"{campaign_id}-r{event['run']}"):
        closed = wiring().close(campaign_id, event["run"])
        count(f"Campaign{closed.status.capitalize()}")
        record("campaign_settled", {"campaign_id": campaign_id, "reason": closed.status.value})
        return {"status": closed.status.value, "wait_seconds": closed.wait_seconds}

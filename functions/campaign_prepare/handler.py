"""First step of an execution: take the campaign up, or say that there is nothing to do."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.segment_store import DynamoSegmentStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.preparing import Preparing
from assent.clock import SystemClock
from assent.identifiers import CampaignId
from assent.settings import CampaignPrepareSettings
from assent.telemetry import invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Preparing:
    """Read the environment once and put the parts together."""
    settings = CampaignPrepareSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    return Preparing(
        store=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        segments=DynamoSegmentStore(dynamodb, settings.segments_table),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        subscribers=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        clock=clock,
        parts_per_second=settings.parts_per_second,
        approval_above=settings.approval_above,
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
    """In {campaign_id, execution_id}; out {campaign_id, run, proceed, slices, max_concurrency}."""
    with invocation(event["execution_id"]):
        made = wiring().prepare(CampaignId(event["campaign_id"]), event["execution_id"])
        facts = {"campaign_id": made.campaign_id, "run": made.run, "proceed": made.proceed}
        record("campaign_prepared", facts)
        return {
            **facts,
            "slices": [
                {
                    "campaign_id": made.campaign_id,
                    "run": made.run,
                    "slice": number,
                    "slices": made.slices,
                }
                for number in range(made.slices)
            ],
            "max_concurrency": made.max_concurrency,
        }

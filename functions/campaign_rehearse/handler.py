"""Counts what a launch would do, slice by slice, without a claim, a manifest or a text."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rehearsal_store import DynamoRehearsalStore
from assent.aws.segment_store import DynamoSegmentStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.personal_links import SampleLinks
from assent.campaigns.rehearsing import Rehearsing
from assent.clock import SystemClock
from assent.identifiers import CampaignId
from assent.settings import CampaignRehearseSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Rehearsing:
    """Read the environment once and put the parts together."""
    settings = CampaignRehearseSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    return Rehearsing(
        campaigns=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        store=DynamoRehearsalStore(dynamodb, settings.campaigns_table),
        segments=DynamoSegmentStore(dynamodb, settings.segments_table),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        subscribers=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        clock=clock,
        links=SampleLinks(settings.public_url),
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
    """In {campaign_id, rehearsal_id, step: slices | count | finish | fail, slice?}; out the slices
    to count, the recipients of one, or the status."""
    campaign_id, rehearsal_id = CampaignId(event["campaign_id"]), event["rehearsal_id"]
    with invocation(rehearsal_id):
        rehearsing, step = wiring(), event["step"]
        if step == "slices":
            slices = range(rehearsing.slices(campaign_id, rehearsal_id))
            return {"slices": [{"slice": number} for number in slices]}
        if step == "count":
            found = rehearsing.rehearse(campaign_id, rehearsal_id, event["slice"])
            return {"recipients": found}
        if step == "fail":
            rehearsing.fail(campaign_id, rehearsal_id)
            return _ended(campaign_id, "failed")
        return _ended(campaign_id, rehearsing.finish(campaign_id, rehearsal_id).value)


def _ended(campaign_id: CampaignId, status: str) -> dict[str, Any]:
    count(f"Rehearsal{status.capitalize()}")
    record("rehearsal_ended", {"campaign_id": campaign_id, "reason": status})
    return {"status": status}

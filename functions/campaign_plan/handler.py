"""Plans one slice of a campaign's audience: who, and from when on."""

from __future__ import annotations

import functools
from datetime import UTC
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.manifest_bucket import S3ManifestStore
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.personal_links import SampleLinks
from assent.campaigns.planning import Planning
from assent.clock import SystemClock
from assent.identifiers import CampaignId
from assent.settings import CampaignPlanSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@functools.cache
def wiring() -> Planning:
    """Read the environment once and put the parts together."""
    settings = CampaignPlanSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    return Planning(
        store=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        subscribers=DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock),
        programmes=DynamoProgrammeStore(dynamodb, settings.programmes_table),
        manifests=S3ManifestStore(clients.s3(), settings.campaign_bucket),
        clock=clock,
        parts_per_second=settings.parts_per_second,
        links=SampleLinks(settings.public_url),
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
    """In {campaign_id, run, slice, slices}; out {slice, releases}."""
    campaign_id = CampaignId(event["campaign_id"])
    with invocation(f"{campaign_id}-r{event['run']}"):
        plan = wiring().plan(campaign_id, event["run"], event["slice"], event["slices"])
        count("RecipientsPlanned", plan.candidates)
        facts = {"campaign_id": campaign_id, "slice": plan.slice_number}
        record("slice_planned", {**facts, "candidates": plan.candidates, "held_out": plan.held_out})
        return {
            "slice": plan.slice_number,
            "releases": [
                {
                    "release_at": _timestamp(release.release_at),
                    "manifest_key": release.manifest_key,
                    "batches": release.batches,
                    "candidates": release.candidates,
                }
                for release in plan.releases
            ],
        }


def _timestamp(instant: datetime) -> str:
    """Step Functions takes RFC 3339 with a capital T and Z; milliseconds are enough to wait for."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

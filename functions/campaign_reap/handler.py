"""Every quarter of an hour: gives campaigns whose execution is gone a new one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.workflow import StepFunctionsWorkflow
from assent.campaigns.reaping import Reaping
from assent.clock import SystemClock
from assent.settings import CampaignReapSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def wiring() -> Reaping:
    """Read the environment once and put the parts together."""
    settings, clock = CampaignReapSettings.from_env(), SystemClock()
    return Reaping(
        store=DynamoCampaignStore(clients.dynamodb(), settings.campaigns_table, clock),
        workflow=StepFunctionsWorkflow(
            clients.stepfunctions(), settings.campaign_state_machine_arn
        ),
        clock=clock,
    )


def handler(event: Mapping[str, Any], _: object) -> dict[str, list[str]]:
    """Return the ids of the campaigns that were restarted."""
    with invocation(str(event.get("id", "schedule"))):
        restarted = list(wiring().reap())
        for campaign_id in restarted:
            count("CampaignRestarted")
            record("campaign_restarted", {"campaign_id": campaign_id, "reason": "orphaned"})
        return {"restarted": [str(each) for each in restarted]}

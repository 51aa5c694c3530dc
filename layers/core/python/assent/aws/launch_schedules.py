"""One-time starts by EventBridge Scheduler, under a role that may start the one state machine.

A schedule removes itself when it has fired; what it starts asks again whether its time has come, so
one that fires twice, early or after a cancel does nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from assent.aws.answers import code_of, translated

if TYPE_CHECKING:
    from datetime import datetime

    from assent.identifiers import CampaignId


class SchedulerClient(Protocol):
    """What is used of botocore's client of EventBridge Scheduler."""

    def create_schedule(self, **request: object) -> object: ...
    def delete_schedule(self, **request: object) -> object: ...


@dataclass(frozen=True, slots=True)
class EventBridgeLaunchSchedules:
    """A `LaunchSchedules`. `role` is the name of the role that a schedule starts the machine as."""

    client: SchedulerClient
    prefix: str
    state_machine_arn: str
    role: str

    def put(self, campaign_id: CampaignId, at: datetime) -> None:
        """Raises TryAgainError."""
        self.remove(campaign_id)
        partition, account = (self.state_machine_arn.split(":")[n] for n in (1, 4))
        with translated():
            self.client.create_schedule(
                Name=f"{self.prefix}-{campaign_id}",
                ScheduleExpression=f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.state_machine_arn,
                    "RoleArn": f"arn:{partition}:iam::{account}:role/{self.role}",
                    "Input": json.dumps({"campaign_id": campaign_id}),
                },
            )

    def remove(self, campaign_id: CampaignId) -> None:
        """Raises TryAgainError."""
        with translated():
            try:
                self.client.delete_schedule(Name=f"{self.prefix}-{campaign_id}")
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise

"""The brake of all campaigns, for functions that know nothing else of campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.campaign_store import DynamoCampaignStore
from assent.campaigns.model import Brake

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock


@dataclass(frozen=True, slots=True)
class DynamoSendingBrake:
    """A `SendingBrake`; `why` is kept in the place of who pulled it."""

    client: DynamoDBClient
    campaigns_table: str
    clock: Clock

    def pull(self, why: str) -> None:
        store = DynamoCampaignStore(self.client, self.campaigns_table, self.clock)
        store.pull_brake(Brake(self.clock.now(), why))

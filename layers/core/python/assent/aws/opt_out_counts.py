"""Opt-outs counted beside a campaign's other counters: an addition, not a rewriting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.answers import translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.identifiers import CampaignId


@dataclass(frozen=True, slots=True)
class DynamoOptOutCounts:
    """An `OptOutCounts`."""

    client: DynamoDBClient
    campaigns_table: str

    def count(self, campaign_id: CampaignId) -> None:
        with translated():
            self.client.update_item(
                TableName=self.campaigns_table,
                Key={"campaign_id": {"S": campaign_id}, "part": {"S": "counters"}},
                UpdateExpression="ADD opt_outs :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

"""Clicks, among a campaign's counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.campaign_items import COUNTERS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.identifiers import CampaignId


@dataclass(frozen=True, slots=True)
class DynamoClickStore:
    """A `ClickStore`."""

    client: DynamoDBClient
    campaigns_table: str

    def add(self, campaign_id: CampaignId, link: str) -> None:
        with translated():
            self.client.update_item(
                TableName=self.campaigns_table,
                Key={"campaign_id": {"S": campaign_id}, "part": {"S": COUNTERS}},
                UpdateExpression="ADD #link :one",
                ExpressionAttributeNames={"#link": f"clicks#{link}"},
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

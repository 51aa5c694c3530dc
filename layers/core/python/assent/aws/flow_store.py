"""Flows, their logs and counters, in the campaigns' table: who heeds the brake reads it anyway."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.flow_items import FLOWS, TOTALS, flow_item, flow_of, totals_of
from assent.aws.tables import CampaignRecordItem, FlowItem, bind
from assent.clock import iso
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, FlowNotFoundError
from assent.identifiers import CampaignId, FlowId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.flows.model import Flow, FlowTotals

_LEAD = "flow"


class DynamoFlowStore:
    """A `FlowStore`."""

    def __init__(self, client: DynamoDBClient, campaigns_table: str) -> None:
        self._client = client
        self._table = campaigns_table
        self._flows = bind(FlowItem, campaigns_table, client)
        self._records = bind(CampaignRecordItem, campaigns_table, client)

    def flow(self, flow_id: FlowId) -> Flow:
        try:
            with translated():
                return flow_of(self._flows.get(FLOWS, flow_id, consistent_read=True))
        except self._flows.DoesNotExist:
            message = "There is no flow of this id."
            raise FlowNotFoundError(message) from None

    def flows(self) -> Sequence[Flow]:
        with translated():
            found = [flow_of(item) for item in self._flows.query(FLOWS, consistent_read=True)]
        return sorted(found, key=lambda flow: (flow.created_at, flow.flow_id), reverse=True)

    def create(self, flow: Flow) -> None:
        with translated(AlreadyExistsError("A flow of this id exists.")):
            flow_item(self._flows, flow).save(condition=FlowItem.part.does_not_exist())

    def replace(self, flow: Flow, *, expected_version: int) -> Flow:
        written = replace(flow, version=expected_version + 1)
        with translated(ChangedMeanwhileError("The flow was changed meanwhile.")):
            flow_item(self._flows, written).save(condition=FlowItem.version == expected_version)
        return written

    def log(self, flow_id: FlowId, at: datetime, actor: str, decision: str) -> None:
        part = f"log#{iso(at)}#{actor}#{decision}"[:900]
        record = {"actor": actor, "decision": decision}
        with translated():
            self._records(flow_id, part, at=at, record=record).save()

    def totals(self, flow_id: FlowId) -> FlowTotals:
        """One page: a flow has as many counters as steps."""
        with translated():
            found = self._client.query(
                TableName=self._table,
                KeyConditionExpression="campaign_id = :flow AND begins_with(part, :totals)",
                ExpressionAttributeValues={":flow": {"S": flow_id}, ":totals": {"S": TOTALS}},
                ConsistentRead=True,
            )
        return totals_of(found["Items"])

    def lead(self, campaign_id: CampaignId, flow_id: FlowId, step: int) -> None:
        record = {"flow_id": flow_id, "step": step}
        with translated():
            self._records(campaign_id, _LEAD, record=record).save()

    def led(self, campaign_id: CampaignId) -> tuple[FlowId, int] | None:
        try:
            with translated():
                found = self._records.get(campaign_id, _LEAD, consistent_read=True)
        except self._records.DoesNotExist:
            return None
        return FlowId(found.record["flow_id"]), int(found.record["step"])

"""Campaigns and what happened in them; results and counters change together, so each counts once.

A plan or batch result is put under its own key in the same transaction that adds it to the
counters: repeated by a retry or a second execution, the put fails and nothing is added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.campaign_items import (
    COUNTERS,
    added_by_batch,
    added_by_plan,
    batch_part,
    campaign_item,
    campaign_of,
    plan_of,
    plan_part,
    plan_record,
    progress_of,
    result_of,
    result_record,
)
from assent.aws.counted_write import CountedWrites
from assent.aws.tables import CampaignItem, CampaignRecordItem, bind
from assent.campaigns.model import Brake, CampaignStatus
from assent.clock import iso
from assent.errors import AlreadyExistsError, CampaignNotFoundError, ChangedMeanwhileError
from assent.identifiers import CampaignId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from pynamodb.expressions.condition import Condition

    from assent.campaigns.model import BatchResult, Campaign, Progress, SlicePlan
    from assent.clock import Clock

_DEFINITION = "definition"
# Beside the campaigns, because every function that must heed the brake may read this table.
_ALL, _BRAKE = "*", "brake"
_ABSENT = CampaignRecordItem.part.does_not_exist()
_TRIES = 10


class DynamoCampaignStore:
    """A `CampaignStore`."""

    def __init__(self, client: DynamoDBClient, campaigns_table: str, clock: Clock) -> None:
        self._client = client
        self._table = campaigns_table
        self._clock = clock
        self._campaigns = bind(CampaignItem, campaigns_table, client)
        self._records = bind(CampaignRecordItem, campaigns_table, client)
        self._counted = CountedWrites(client, campaigns_table, clock, _TRIES)

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        try:
            with translated():
                item = self._campaigns.get(campaign_id, _DEFINITION, consistent_read=True)
        except self._campaigns.DoesNotExist:
            message = "There is no campaign of this id."
            raise CampaignNotFoundError(message) from None
        return campaign_of(item)

    def campaigns(self, status: CampaignStatus | None = None) -> Sequence[Campaign]:
        """The index follows a change within moments; what it names is read consistently."""
        found = []
        for each in [status] if status else CampaignStatus:
            with translated():
                query = self._campaigns.by_status.query(
                    each.value, attributes_to_get=["campaign_id"]
                )
                named = [CampaignId(item.campaign_id) for item in query]
            found += [self.campaign(campaign_id) for campaign_id in named]
        wanted = {c.campaign_id: c for c in found if status in (None, c.status)}.values()
        return sorted(wanted, key=lambda c: (c.created_at, c.campaign_id), reverse=True)

    def create(self, campaign: Campaign) -> None:
        item = campaign_item(self._campaigns, campaign, self._clock.now())
        with translated(AlreadyExistsError("A campaign of this id exists.")):
            item.save(condition=CampaignItem.part.does_not_exist())

    def replace(self, campaign: Campaign, *, expected_version: int) -> Campaign:
        written = replace(campaign, version=expected_version + 1)
        item = campaign_item(self._campaigns, written, self._clock.now())
        with translated(ChangedMeanwhileError("The campaign was changed meanwhile.")):
            item.save(condition=CampaignItem.version == expected_version)
        return written

    def log(self, campaign_id: CampaignId, at: datetime, actor: str, decision: str) -> None:
        """Two decisions of one microsecond are told apart by who made them and what they say."""
        record = {"actor": actor, "decision": decision}
        part = f"log#{iso(at)}#{actor}#{decision}"[:900]
        with translated():
            self._records(campaign_id, part, at=at, record=record).save()

    def record_plan(self, campaign_id: CampaignId, plan: SlicePlan) -> SlicePlan:
        record = self._records(campaign_id, plan_part(plan.slice_number), record=plan_record(plan))
        if self._write_once(record, added_by_plan(plan)):
            return plan
        return self.plan(campaign_id, plan.slice_number) or plan

    def plan(self, campaign_id: CampaignId, slice_number: int) -> SlicePlan | None:
        try:
            with translated():
                part = plan_part(slice_number)
                return plan_of(self._records.get(campaign_id, part, consistent_read=True).record)
        except self._records.DoesNotExist:
            return None

    def record_batch(
        self,
        campaign_id: CampaignId,
        result: BatchResult,
        at: datetime,
        previous: BatchResult | None = None,
    ) -> bool:
        if result == previous:
            return True
        part = batch_part(result.batch_id)
        record = self._records(campaign_id, part, at=at, record=result_record(result))
        stands = (
            _ABSENT if previous is None else CampaignRecordItem.record == result_record(previous)
        )
        return self._write_once(record, added_by_batch(result.since(previous), at), stands)

    def batch(self, campaign_id: CampaignId, batch_id: str) -> BatchResult | None:
        try:
            with translated():
                part = batch_part(batch_id)
                return result_of(self._records.get(campaign_id, part, consistent_read=True).record)
        except self._records.DoesNotExist:
            return None

    def is_batch_done(self, campaign_id: CampaignId, batch_id: str) -> bool:
        found = self.batch(campaign_id, batch_id)
        return found is not None and found.is_done

    def progress(self, campaign_id: CampaignId) -> Progress:
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(campaign_id, COUNTERS), ConsistentRead=True
            )
        return progress_of(answer.get("Item", {}))

    def brake(self) -> Brake | None:
        try:
            with translated():
                found = self._records.get(_ALL, _BRAKE, consistent_read=True)
        except self._records.DoesNotExist:
            return None
        return Brake(found.at, found.record["by"])

    def pull_brake(self, brake: Brake) -> Brake:
        item = self._records(_ALL, _BRAKE, at=brake.at, record={"by": brake.by})
        try:
            with translated(AlreadyExistsError("Everything is stopped already.")):
                item.save(condition=_ABSENT)
        except AlreadyExistsError:
            return self.brake() or brake
        return brake

    def release_brake(self) -> bool:
        try:
            with translated(AlreadyExistsError("Nothing is stopped.")):
                self._records(_ALL, _BRAKE).delete(condition=CampaignRecordItem.part.exists())
        except AlreadyExistsError:
            return False
        return True

    def _write_once(
        self,
        record: CampaignRecordItem,
        added: Mapping[str, Any],
        stands: Condition = _ABSENT,
    ) -> bool:
        """Put `record` where `stands` holds and add to the counters; else return False.

        Raises TryAgainError when other batches keep the counters busy: then nothing is written.
        """
        put = record.get_save_kwargs_from_instance(condition=stands)
        return self._counted.put(put, record.campaign_id, COUNTERS, added)


def _key(campaign_id: str, part: str) -> dict[str, Any]:
    return {"campaign_id": {"S": campaign_id}, "part": {"S": part}}

"""The newest rehearsal of each campaign, beside the campaign, and what its slices came to.

A slice's record names its rehearsal: one that was started earlier and still runs overwrites in
vain, because it is no longer the one that is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.rehearsal_items import (
    findings_of,
    findings_record,
    rehearsal_of,
    rehearsal_record,
)
from assent.aws.tables import CampaignRecordItem, bind
from assent.errors import ChangedMeanwhileError, RehearsalNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.campaigns.findings import Findings
    from assent.campaigns.rehearsal import Rehearsal
    from assent.identifiers import CampaignId

_PART = "rehearsal"


class DynamoRehearsalStore:
    """A `RehearsalStore`."""

    def __init__(self, client: DynamoDBClient, campaigns_table: str) -> None:
        self._records = bind(CampaignRecordItem, campaigns_table, client)

    def start(self, rehearsal: Rehearsal) -> None:
        with translated():
            self._item(rehearsal).save()

    def finish(self, rehearsal: Rehearsal) -> bool:
        """`at` is when a rehearsal was started, and tells two of them apart."""
        mine = CampaignRecordItem.at == rehearsal.started_at
        try:
            with translated(ChangedMeanwhileError("Another rehearsal was started.")):
                self._item(rehearsal).save(condition=mine)
        except ChangedMeanwhileError:
            return False
        return True

    def rehearsal(self, campaign_id: CampaignId) -> Rehearsal:
        found = self._read(campaign_id, _PART)
        if found is None:
            message = "This campaign has not been rehearsed."
            raise RehearsalNotFoundError(message)
        return rehearsal_of(found)

    def record_slice(self, rehearsal: Rehearsal, slice_number: int, findings: Findings) -> None:
        record = {
            "rehearsal_id": rehearsal.rehearsal_id,
            "findings": findings_record(findings),
        }
        with translated():
            self._records(
                rehearsal.campaign_id,
                _slice_part(slice_number),
                at=rehearsal.started_at,
                record=record,
            ).save()

    def slices(self, rehearsal: Rehearsal) -> Iterator[Findings]:
        for number in range(rehearsal.frozen.slices):
            found = self._read(rehearsal.campaign_id, _slice_part(number))
            if found is not None and found["rehearsal_id"] == rehearsal.rehearsal_id:
                yield findings_of(found["findings"])

    def _read(self, campaign_id: CampaignId, part: str) -> dict[str, Any] | None:
        try:
            with translated():
                item = self._records.get(campaign_id, part, consistent_read=True)
        except self._records.DoesNotExist:
            return None
        record: dict[str, Any] = item.record
        return record

    def _item(self, rehearsal: Rehearsal) -> CampaignRecordItem:
        return self._records(
            rehearsal.campaign_id,
            _PART,
            at=rehearsal.started_at,
            record=rehearsal_record(rehearsal),
        )


def _slice_part(slice_number: int) -> str:
    return f"rehearsal-slice#{slice_number:06d}"

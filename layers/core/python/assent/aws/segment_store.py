"""Saved segments, each one item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.audience import rules
from assent.audience.subscriber import Segment
from assent.aws.answers import translated
from assent.aws.tables import SegmentItem, bind
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, SegmentNotFoundError
from assent.identifiers import SegmentId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSegmentStore:
    """A `SegmentStore`. Segments are few: listing them scans the table."""

    def __init__(self, client: DynamoDBClient, segments_table: str) -> None:
        self._segments = bind(SegmentItem, segments_table, client)

    def segment(self, segment_id: SegmentId) -> Segment:
        try:
            with translated():
                return _segment_of(self._segments.get(segment_id, consistent_read=True))
        except self._segments.DoesNotExist:
            message = "There is no segment of this id."
            raise SegmentNotFoundError(message) from None

    def segments(self) -> Sequence[Segment]:
        with translated():
            found = [_segment_of(item) for item in self._segments.scan(consistent_read=True)]
        return sorted(found, key=lambda segment: segment.segment_id)

    def create(self, segment: Segment) -> None:
        with translated(AlreadyExistsError("A segment of this id exists.")):
            self._item(segment).save(condition=SegmentItem.segment_id.does_not_exist())

    def replace(self, segment: Segment, *, expected_version: int) -> None:
        with translated(ChangedMeanwhileError("The segment was changed meanwhile.")):
            self._item(segment).save(condition=SegmentItem.version == expected_version)

    def _item(self, segment: Segment) -> SegmentItem:
        return self._segments(
            segment.segment_id,
            name=segment.name,
            rule=rules.to_json(segment.rule),
            version=segment.version,
        )


def _segment_of(item: SegmentItem) -> Segment:
    return Segment(
        segment_id=SegmentId(item.segment_id),
        name=item.name,
        rule=rules.parse(item.rule),
        version=int(item.version),
    )

"""People's ways through flows, found through the agenda's index when they are due.

A change that counts is one transaction with its counter, so that the totals hold whatever crashes.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.counted_write import CountedWrites
from assent.aws.flow_items import (
    SHARDS,
    TOTALS,
    addition,
    enrolment_item,
    enrolment_of,
    enrolment_pk,
    one_more,
    shard_of,
)
from assent.aws.tables import EnrolmentItem, FlowSweepItem, bind
from assent.errors import ChangedMeanwhileError
from assent.flows.model import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from pynamodb.expressions.condition import Condition

    from assent.clock import Clock
    from assent.flows.model import Counted, Enrolment
    from assent.identifiers import FlowId, SubscriberKey

_PAGE = 50
_TRIES = 8
_SWEEP = "flows#sweep"
_REPLACED = ChangedMeanwhileError("The enrolment was changed meanwhile.")


class DynamoEnrolmentStore:
    """An `EnrolmentStore` and a `SweepStore`."""

    def __init__(
        self, client: DynamoDBClient, control_table: str, campaigns_table: str, clock: Clock
    ) -> None:
        self._counted = CountedWrites(client, campaigns_table, clock, _TRIES)
        self._enrolments = bind(EnrolmentItem, control_table, client)
        self._sweeps = bind(FlowSweepItem, control_table, client)

    def enrolment(self, flow_id: FlowId, subscriber_key: SubscriberKey) -> Enrolment | None:
        try:
            with translated():
                pk = enrolment_pk(flow_id, subscriber_key)
                return enrolment_of(self._enrolments.get(pk, consistent_read=True))
        except self._enrolments.DoesNotExist:
            return None

    def enrol(self, enrolment: Enrolment, before: Enrolment | None) -> bool:
        return self._counting(enrolment, _stands(before), TOTALS, one_more("entered"))

    def replace(
        self, changed: Enrolment, before: Enrolment, counted: Counted | None = None
    ) -> bool:
        if counted is not None:
            return self._counting(changed, _stands(before), *addition(counted))
        try:
            with translated(_REPLACED):
                item = enrolment_item(self._enrolments, changed)
                item.save(condition=_stands(before))
        except ChangedMeanwhileError:
            return False
        return True

    def due(self, flow_id: FlowId, until: datetime) -> Iterator[Enrolment]:
        return chain.from_iterable(self._due(flow_id, shard, until) for shard in range(SHARDS))

    def sweep(self) -> Sweep:
        try:
            with translated():
                found = self._sweeps.get(_SWEEP, consistent_read=True)
        except self._sweeps.DoesNotExist:
            return Sweep()
        return Sweep(found.day, int(found.slices), int(found.next_slice))

    def move(self, sweep: Sweep, before: Sweep) -> bool:
        item = self._sweeps(_SWEEP, day=sweep.day, slices=sweep.slices, next_slice=sweep.next_slice)
        stands = FlowSweepItem.pk.does_not_exist()
        if before.day:
            stands = (FlowSweepItem.day == before.day) & (
                FlowSweepItem.next_slice == before.next_slice
            )
        try:
            with translated(_REPLACED):
                item.save(condition=stands)
        except ChangedMeanwhileError:
            return False
        return True

    def _due(self, flow_id: FlowId, shard: int, until: datetime) -> Iterator[Enrolment]:
        is_due = EnrolmentItem.due_at <= until
        with translated():
            found = self._enrolments.by_due.query(shard_of(flow_id, shard), is_due, page_size=_PAGE)
            yield from map(enrolment_of, found)

    def _counting(
        self, changed: Enrolment, stands: Condition, part: str, added: dict[str, Any]
    ) -> bool:
        """Write and count in one transaction."""
        item = enrolment_item(self._enrolments, changed)
        put = item.get_save_kwargs_from_instance(condition=stands)
        return self._counted.put(put, changed.flow_id, part, added)


def _stands(before: Enrolment | None) -> Condition:
    if before is None:
        return EnrolmentItem.pk.does_not_exist()
    return EnrolmentItem.version == before.version

"""How flows and people's ways through them look as items."""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from assent.aws.campaign_items import added_by_batch, progress_of, result_of, result_record
from assent.clock import iso, parse_iso
from assent.flows.model import (
    Enrolment,
    Flow,
    FlowStatus,
    FlowStep,
    FlowTotals,
    Occasion,
    Plan,
    Trigger,
)
from assent.identifiers import FlowId, ProgrammeId, SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assent.aws.tables import EnrolmentItem, FlowItem
    from assent.flows.model import Counted

# Beside the brake's partition `*`, where no id of a campaign can be.
FLOWS = "*flows"
TOTALS = "totals"
_ENDED, _STEP = "ended#", "totals#step#"
SHARDS = 4


def flow_item(model: type[FlowItem], flow: Flow) -> FlowItem:
    plan = flow.plan
    record = {
        "name": plan.name,
        "programme_id": plan.programme_id,
        "occasion": plan.trigger.occasion.value,
        "days": plan.trigger.days,
        "goal": plan.goal,
        "re_entry_days": plan.re_entry_days,
        "steps": [
            {
                "after_hours": step.after_hours,
                "body": step.body,
                "locale": step.locale,
                "others": dict(step.others),
                "template": step.template,
            }
            for step in plan.steps
        ],
        "state": flow.status.value,
        "created_by": flow.created_by,
        "activated_at": iso(flow.activated_at) if flow.activated_at else None,
        "is_settled": flow.is_settled,
    }
    return model(
        FLOWS, flow.flow_id, created_at=flow.created_at, record=record, version=flow.version
    )


def flow_of(item: FlowItem) -> Flow:
    record = item.record
    plan = Plan(
        name=record["name"],
        programme_id=ProgrammeId(record["programme_id"]),
        trigger=Trigger(Occasion(record["occasion"]), record["days"]),
        steps=tuple(FlowStep(**each) for each in record["steps"]),
        goal=record["goal"],
        re_entry_days=record["re_entry_days"],
    )
    since = record["activated_at"]
    return Flow(
        flow_id=FlowId(item.part),
        plan=plan,
        status=FlowStatus(record["state"]),
        created_at=item.created_at,
        created_by=record["created_by"],
        version=int(item.version),
        activated_at=parse_iso(since) if since else None,
        is_settled=record["is_settled"],
    )


def enrolment_item(model: type[EnrolmentItem], enrolment: Enrolment) -> EnrolmentItem:
    shard = zlib.crc32(enrolment.subscriber_key.encode()) % SHARDS
    is_waiting = enrolment.due_at is not None
    return model(
        enrolment_pk(enrolment.flow_id, enrolment.subscriber_key),
        flow_id=enrolment.flow_id,
        subscriber_key=enrolment.subscriber_key,
        entry=enrolment.entry,
        entered_at=enrolment.entered_at,
        step=enrolment.step,
        step_due_at=enrolment.step_due_at,
        due_shard=shard_of(enrolment.flow_id, shard) if is_waiting else None,
        due_at=enrolment.due_at,
        result=result_record(enrolment.result) if enrolment.result else None,
        ended=enrolment.ended,
        version=enrolment.version,
    )


def enrolment_of(item: EnrolmentItem) -> Enrolment:
    return Enrolment(
        flow_id=FlowId(item.flow_id),
        subscriber_key=SubscriberKey(item.subscriber_key),
        entry=int(item.entry),
        entered_at=item.entered_at,
        step=int(item.step),
        step_due_at=item.step_due_at,
        due_at=item.due_at,
        result=result_of(item.result) if item.result else None,
        ended=item.ended,
        version=int(item.version),
    )


def enrolment_pk(flow_id: FlowId, subscriber_key: SubscriberKey) -> str:
    return f"flow#{flow_id}#{subscriber_key}"


def shard_of(flow_id: FlowId, shard: int) -> str:
    return f"{flow_id}#{shard}"


def addition(counted: Counted) -> tuple[str, dict[str, Any]]:
    """Return the part of the flow's counters that is added to, and the update."""
    if counted.result is not None and counted.at is not None:
        return f"{_STEP}{counted.step:02d}", added_by_batch(counted.result, counted.at)
    return TOTALS, one_more(f"{_ENDED}{counted.ended}")


def one_more(name: str) -> dict[str, Any]:
    return {
        "UpdateExpression": "ADD #n :one",
        "ExpressionAttributeNames": {"#n": name},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }


def totals_of(items: Iterable[Mapping[str, Any]]) -> FlowTotals:
    """Return the counters of one flow from their items."""
    entered, ended, steps = 0, defaultdict[str, int](int), {}
    for item in items:
        part = item["part"]["S"]
        if part.startswith(_STEP):
            steps[int(part.removeprefix(_STEP))] = progress_of(item)
            continue
        entered = int(item.get("entered", {}).get("N", "0"))
        for name, value in item.items():
            if name.startswith(_ENDED):
                ended[name.removeprefix(_ENDED)] = int(value["N"])
    return FlowTotals(entered, dict(ended), steps)

"""How campaigns, plans, results and counters look as items."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from assent.audience import rules
from assent.campaigns.model import (
    Approval,
    BatchResult,
    Campaign,
    CampaignStatus,
    Definition,
    Fate,
    Frozen,
    LaunchOrder,
    Progress,
    QuietHours,
    Rehearsed,
    Release,
    SlicePlan,
    Variant,
)
from assent.clock import iso, parse_iso
from assent.identifiers import CampaignId, ProgrammeId, SegmentId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

    from assent.aws.tables import CampaignItem

COUNTERS: Final = "counters"
# Counters that have a key of their own are attributes such as `reasons#suppressed:withdrawn`: an
# update can add to an attribute that is not there yet, but not to a map that is not.
_KEYED = ("fates", "reasons", "excluded", "minute", "variants", "clicks")

# Minutes of parts sent that are dropped when a new one is written; older ones than these are left
# only where sending paused, a few for each pause.
_OLD_MINUTES = range(3, 13)


def plan_part(slice_number: int) -> str:
    return f"plan#{slice_number:06d}"


def batch_part(batch_id: str) -> str:
    return f"batch#{batch_id}"


def campaign_item(model: type[CampaignItem], campaign: Campaign, now: datetime) -> CampaignItem:
    """Return the definition part, its place in the by-status index being `now`."""
    definition = campaign.definition
    return model(
        campaign.campaign_id,
        "definition",
        status=campaign.status.value,
        updated_at=now,
        name=definition.name,
        definition={
            "name": definition.name,
            "programme_id": definition.programme_id,
            "segment_id": definition.segment_id,
            "body": definition.body,
            "quiet_hours": definition.quiet_hours.value,
            "quiet_hours_reason": definition.quiet_hours_reason,
            "hold_out_percent": definition.hold_out_percent,
            "locale": definition.locale,
            "others": dict(definition.others),
            "template": definition.template,
            "hours": list(definition.hours) if definition.hours else None,
            "variants": [_variant_record(each) for each in definition.variants],
        },
        created_at=campaign.created_at,
        created_by=campaign.created_by,
        version=campaign.version,
        run=campaign.run,
        execution_id=campaign.execution_id,
        frozen=frozen_record(campaign.frozen) if campaign.frozen else None,
        editors=list(campaign.editors),
        rehearsed=_record(campaign.rehearsed),
        approval=_record(campaign.approval),
        order=_record(campaign.order),
    )


def campaign_of(item: CampaignItem) -> Campaign:
    return Campaign(
        campaign_id=CampaignId(item.campaign_id),
        definition=_definition_of(item.definition),
        status=CampaignStatus(item.status),
        created_at=item.created_at,
        created_by=item.created_by,
        version=int(item.version),
        run=int(item.run),
        execution_id=item.execution_id,
        frozen=frozen_of(item.frozen) if item.frozen else None,
        editors=tuple(item.editors or ()),
        rehearsed=_rehearsed_of(item.rehearsed) if item.rehearsed else None,
        approval=Approval(**_dated(item.approval)) if item.approval else None,
        order=LaunchOrder(**_dated(item.order)) if item.order else None,
    )


def plan_record(plan: SlicePlan) -> dict[str, Any]:
    return {
        "slice_number": plan.slice_number,
        "releases": [
            [iso(r.release_at), r.manifest_key, r.batches, r.candidates] for r in plan.releases
        ],
        "held_out": plan.held_out,
        "excluded": dict(plan.excluded),
    }


def plan_of(record: Mapping[str, Any]) -> SlicePlan:
    return SlicePlan(
        slice_number=record["slice_number"],
        releases=tuple(Release(parse_iso(at), *rest) for at, *rest in record["releases"]),
        held_out=record["held_out"],
        excluded=dict(record["excluded"]),
    )


def result_record(result: BatchResult) -> dict[str, Any]:
    return {
        "batch_id": result.batch_id,
        "fates": dict(result.fates),
        "reasons": dict(result.reasons),
        "parts_sent": result.parts_sent,
        "is_done": result.is_done,
        "variants": dict(result.variants),
    }


def result_of(record: Mapping[str, Any]) -> BatchResult:
    """Records of before batches were recorded in between are of finished ones."""
    kept = {name: value for name, value in record.items() if name != "fates"}
    return BatchResult(fates={Fate(k): n for k, n in record["fates"].items()}, **kept)


def added_by_plan(plan: SlicePlan) -> dict[str, Any]:
    """Return the update that adds a plan to the counters."""
    return _addition(
        {
            "planned": plan.candidates + plan.held_out,
            "batches": plan.batches,
            "slices_planned": 1,
            f"fates#{Fate.HELD_OUT.value}": plan.held_out,
            **{f"excluded#{reason}": count for reason, count in plan.excluded.items()},
        }
    )


def added_by_batch(result: BatchResult, at: datetime) -> dict[str, Any]:
    """Return the update that adds what a batch has come to since it was last recorded."""
    minute = int(at.timestamp() // 60)
    update = _addition(
        {
            "batches_done": int(result.is_done),
            "parts_sent": result.parts_sent,
            f"minute#{minute}": max(0, result.parts_sent),
            **{f"fates#{fate.value}": count for fate, count in result.fates.items()},
            **{f"reasons#{reason}": count for reason, count in result.reasons.items()},
            **{f"variants#{variant}": count for variant, count in result.variants.items()},
        }
    )
    if result.fates.get(Fate.SENT, 0) > 0:
        update["UpdateExpression"] += (
            " SET first_sent_at = if_not_exists(first_sent_at, :at), last_sent_at = :at"
        )
        update["ExpressionAttributeValues"][":at"] = {"S": iso(at)}
        update["UpdateExpression"] += " REMOVE " + ", ".join(f"#o{n}" for n in _OLD_MINUTES)
        update["ExpressionAttributeNames"] |= {
            f"#o{n}": f"minute#{minute - n}" for n in _OLD_MINUTES
        }
    return update


def progress_of(item: Mapping[str, Any]) -> Progress:
    """Return the counters; `item` is empty before planning."""
    keyed: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value in item.items():
        kind, separator, key = name.partition("#")
        if separator and kind in _KEYED:
            keyed[kind][key] = int(value["N"])
    return Progress(
        planned=_count(item, "planned"),
        batches=_count(item, "batches"),
        batches_done=_count(item, "batches_done"),
        slices_planned=_count(item, "slices_planned"),
        fates={Fate(key): count for key, count in keyed["fates"].items()},
        reasons=keyed["reasons"],
        recent={int(minute): parts for minute, parts in keyed["minute"].items()},
        variants=keyed["variants"],
        clicks=keyed["clicks"],
        opt_outs=_count(item, "opt_outs"),
        excluded=keyed["excluded"],
        parts_sent=_count(item, "parts_sent"),
        first_sent_at=_instant(item, "first_sent_at"),
        last_sent_at=_instant(item, "last_sent_at"),
    )


def _addition(counts: Mapping[str, int]) -> dict[str, Any]:
    # An update that adds nothing is malformed; nothing added to the first counter is not.
    added = [(name, count) for name, count in counts.items() if count] or [*counts.items()][:1]
    return {
        "UpdateExpression": "ADD " + ", ".join(f"#n{i} :n{i}" for i in range(len(added))),
        "ExpressionAttributeNames": {f"#n{i}": name for i, (name, _) in enumerate(added)},
        "ExpressionAttributeValues": {
            f":n{i}": {"N": str(count)} for i, (_, count) in enumerate(added)
        },
    }


def _definition_of(record: Mapping[str, Any]) -> Definition:
    return Definition(
        name=record["name"],
        programme_id=ProgrammeId(record["programme_id"]),
        segment_id=SegmentId(record["segment_id"]),
        body=record["body"],
        quiet_hours=QuietHours(record["quiet_hours"]),
        quiet_hours_reason=record["quiet_hours_reason"],
        hold_out_percent=record["hold_out_percent"],
        # Definitions that are older than these have none.
        locale=record.get("locale"),
        others=record.get("others", {}),
        template=record.get("template"),
        hours=tuple(record["hours"]) if record.get("hours") else None,
        variants=tuple(Variant(**each) for each in record.get("variants", ())),
    )


def _variant_record(variant: Variant) -> dict[str, Any]:
    return {
        "name": variant.name,
        "weight": variant.weight,
        "body": variant.body,
        "others": dict(variant.others),
    }


def frozen_record(frozen: Frozen) -> dict[str, Any]:
    return {
        "rule": rules.to_json(frozen.rule),
        "promised_per_month": frozen.promised_per_month,
        "launched_at": iso(frozen.launched_at),
        "expires_at": iso(frozen.expires_at),
        "slices": frozen.slices,
        "batch_size": frozen.batch_size,
    }


def frozen_of(record: Mapping[str, Any]) -> Frozen:
    return Frozen(
        rule=rules.parse(record["rule"]),
        promised_per_month=record["promised_per_month"],
        launched_at=parse_iso(record["launched_at"]),
        expires_at=parse_iso(record["expires_at"]),
        slices=record["slices"],
        batch_size=record["batch_size"],
    )


def _record(value: DataclassInstance | None) -> dict[str, Any] | None:
    """Return a record of plain fields, its instants (`at`, `…_at`) as text."""
    if value is None:
        return None
    fields = asdict(value)
    return {
        name: iso(each) if isinstance(each, datetime) else each for name, each in fields.items()
    }


def _dated(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: parse_iso(each) if each and (name == "at" or name.endswith("_at")) else each
        for name, each in record.items()
    }


def _rehearsed_of(record: Mapping[str, Any]) -> Rehearsed:
    return Rehearsed(**{**_dated(record), "errors": tuple(record["errors"])})


def _count(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _instant(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_iso(item[name]["S"]) if name in item else None

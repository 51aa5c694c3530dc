"""Checks the staff audit: each row by its hash and by the one before it in its chain."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

from assent.evidence.checking_rows import rows_of
from assent.evidence.opened import DamagedError, Sums

if TYPE_CHECKING:
    from assent.evidence.opened import OpenedBundle
    from assent.evidence.report import Report


def check_audit(bundle: OpenedBundle, data: list[str], report: Report) -> None:
    """Add what is wrong to `report`. Rows may skip where the export is of some people only."""
    ends: dict[int, tuple[int, str]] = {}
    for name in data:
        row_number = 0
        try:
            for row_number, row in enumerate(rows_of(bundle, name, Sums()), 1):
                what = _fault(row, ends)
                if what:
                    report.add(name, what, row_number)
                ends[row["shard"]] = (row["seq"], row["hash"])
        except DamagedError:
            return
        except (ValueError, KeyError, TypeError, csv.Error):
            report.add(name, "this row cannot be read", row_number + 1)


def _fault(row: dict[str, Any], ends: dict[int, tuple[int, str]]) -> str:
    facts = {
        "schema": 1,
        **{
            name: row[name]
            for name in (
                *("actor", "action", "outcome", "route", "request_id", "about"),
                *("subscriber_key", "at", "shard", "seq", "previous_hash"),
            )
        },
        "groups": row["groups"] or [],
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(b"\x03" + text.encode()).hexdigest() != row["hash"]:
        return "the entry is not what its hash says"
    before = ends.get(row["shard"])
    if before is None or row["seq"] > before[0] + 1:
        return ""
    if row["seq"] <= before[0] or row["previous_hash"] != before[1]:
        return "it does not follow the entry before it"
    return ""

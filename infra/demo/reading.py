"""The last act: the log is exported, proven and read."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.demo.findings import Stop
from infra.demo.http import download
from infra.demo.phones import PATIENCE_SECONDS, DemoError
from infra.demo.proof import log_of, prove
from infra.demo.report import Bar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.demo.findings import Findings
    from infra.demo.http import Client

COMPLIANCE = "compliance"
_POLL_SECONDS = 0.2
_MARGIN = timedelta(seconds=5)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_UNSENT = ("throttled", "aborted")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads what the log says of one programme since the morning began."""

    client: Client
    findings: Findings
    programme_id: str
    started_at: datetime

    def play(self) -> None:
        """Export, prove and read. Raises DemoError when no export comes of it."""
        bar = Bar("Export", 1)
        export = self._exported()
        bar.end(1, f"{export['rows']} events")
        bundle = download(export["link"])
        self.findings.proof = prove(bundle, self.client.get("/v1/checkpoint"))
        self.read(log_of(bundle))

    def _exported(self) -> Mapping[str, Any]:
        wanted = {
            "from": (self.started_at - _MARGIN).isoformat(),
            "to": (datetime.now(UTC) + _MARGIN).isoformat(),
            "programme_id": self.programme_id,
        }
        export_id = self.client.post("/v1/exports", wanted, COMPLIANCE)["export_id"]
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            export: Mapping[str, Any] = self.client.get(
                f"/v1/exports/{export_id}", group=COMPLIANCE
            )
            if export["status"] == "done":
                return export
            if export["status"] == "failed":
                break
            time.sleep(_POLL_SECONDS)
        message = f"the export did not finish: {export}"
        raise DemoError(message)

    def read(self, data: bytes) -> None:
        """Note what the log says, by person and in all."""
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        found = self.findings
        found.log_rows = len(rows)
        found.log_formulas = sum(
            cell.lstrip(" \u00a0").startswith(_FORMULA_STARTS)
            for row in rows
            for cell in row.values()
        )
        for row in rows:
            found.ways.logged.setdefault((row["type"], row["source"]), set()).add(_phone(row))
        found.confirmed = {_phone(row) for row in rows if row["type"] == "confirmed"}
        found.unsent = sum(
            row["type"] == "confirmation_texted" and json.loads(row["facts"])["outcome"] in _UNSENT
            for row in rows
        )
        named = {_phone(row): row["facts"] for row in rows if row["type"] == "withdrawn"}
        found.stops = [
            Stop(stop.number, stop.taken_at, _campaigns(named.get(stop.number), found.campaign_id))
            for stop in found.stops
        ]


def _phone(row: Mapping[str, str]) -> str:
    return row["phone"].removeprefix("'")


def _campaigns(facts: str | None, campaign_id: str) -> frozenset[str] | None:
    """Which of the campaigns that matter here the opt-out event names."""
    if facts is None:
        return None
    return frozenset({campaign_id}) if campaign_id in facts else frozenset()

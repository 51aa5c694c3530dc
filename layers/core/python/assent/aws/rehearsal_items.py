"""How rehearsals and what they counted look as records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from assent.aws.campaign_items import frozen_of, frozen_record
from assent.campaigns.findings import Culprit, Findings, WorstCase
from assent.campaigns.rehearsal import Note, Rehearsal, RehearsalStatus
from assent.clock import iso, parse_iso
from assent.identifiers import CampaignId

if TYPE_CHECKING:
    from collections.abc import Mapping


def rehearsal_record(rehearsal: Rehearsal) -> dict[str, Any]:
    findings = rehearsal.findings
    return {
        "rehearsal_id": rehearsal.rehearsal_id,
        "campaign_id": rehearsal.campaign_id,
        "status": rehearsal.status.value,
        "fingerprint": rehearsal.fingerprint,
        "started_at": iso(rehearsal.started_at),
        "started_by": rehearsal.started_by,
        "frozen": frozen_record(rehearsal.frozen),
        "finished_at": iso(rehearsal.finished_at) if rehearsal.finished_at else None,
        "findings": findings_record(findings) if findings else None,
        "errors": [[note.code, note.detail] for note in rehearsal.errors],
        "warnings": [[note.code, note.detail] for note in rehearsal.warnings],
    }


def rehearsal_of(record: Mapping[str, Any]) -> Rehearsal:
    finished_at, findings = record["finished_at"], record["findings"]
    return Rehearsal(
        rehearsal_id=record["rehearsal_id"],
        campaign_id=CampaignId(record["campaign_id"]),
        status=RehearsalStatus(record["status"]),
        fingerprint=record["fingerprint"],
        started_at=parse_iso(record["started_at"]),
        started_by=record["started_by"],
        frozen=frozen_of(record["frozen"]),
        finished_at=parse_iso(finished_at) if finished_at else None,
        findings=findings_of(findings) if findings else None,
        errors=tuple(Note(*entry) for entry in record["errors"]),
        warnings=tuple(Note(*entry) for entry in record["warnings"]),
    )


def findings_record(findings: Findings) -> dict[str, Any]:
    """Return plain JSON values."""
    worst = findings.worst
    return {
        "excluded": dict(findings.excluded),
        "suppressed": dict(findings.suppressed),
        "not_renderable": dict(findings.not_renderable),
        "held_out": findings.held_out,
        "parts": {str(parts): people for parts, people in findings.parts.items()},
        "windows": dict(findings.windows),
        "countries": dict(findings.countries),
        "culprits": {c: [e.people, e.position, e.where] for c, e in findings.culprits.items()},
        "worst": [worst.parts, worst.characters, worst.text] if worst else None,
    }


def findings_of(record: Mapping[str, Any]) -> Findings:
    """Return the findings that `findings_record` wrote."""
    findings = Findings(
        excluded=Counter(record["excluded"]),
        suppressed=Counter(record["suppressed"]),
        not_renderable=Counter(record["not_renderable"]),
        held_out=record["held_out"],
        parts=Counter({int(parts): people for parts, people in record["parts"].items()}),
        culprits={c: Culprit(*entry) for c, entry in record["culprits"].items()},
        worst=WorstCase(*record["worst"]) if record["worst"] else None,
    )
    findings.windows.update({at: list(pair) for at, pair in record["windows"].items()})
    findings.countries.update({c: list(pair) for c, pair in record["countries"].items()})
    return findings

"""Exports: order rows with what proves them, watch them being written, fetch the bundle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

STATUSES: Mapping[str, str] = {
    "requested": "Ordered",
    "running": "Being written",
    "done": "Ready",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
DATASETS: Mapping[str, str] = {
    "consent_events": "Every consent event, with its evidence",
    "current_consents": "Who agrees to what today",
    "messages": "Every text and what became of it",
    "opt_outs": "Everyone who opted out",
    "staff_audit": "What staff looked at and changed",
}
_HOME = "/console/exports"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNDER_WAY = ("requested", "running")
_CONFLICT = 409
_NAMES = {"from": "since", "to": "until"}
_KNOWN = frozenset({"since", "until", "datasets", "programme_id", "phones", "file_format"})


def listed(visit: Visit, typed: Mapping[str, Any] | None = None, **errors: str) -> Shown:
    """Show exports, newest first, and the order form."""
    cursor = visit.request.query.get("cursor")
    page = visit.api.ask("GET", "/v1/exports", query={"cursor": cursor} if cursor else None)
    values = {
        "title": "Exports",
        "here": "desk",
        "typed": {
            **dict.fromkeys(("since", "until", "programme_id", "phones"), ""),
            "file_format": "csv",
            "chosen": ["consent_events"],
            **(typed or {}),
        },
        "exports": page["items"],
        "next_cursor": page["next_cursor"],
        "statuses": STATUSES,
        "datasets": DATASETS,
    }
    return Shown("exports.html", values, 422 if errors else 200, errors)


def order(visit: Visit) -> Shown | Moved:
    """Order one, or show the form again with what is wrong."""
    typed = {**visit.typed, "chosen": visit.all("datasets")}
    errors = _blanks(visit)
    if errors:
        return listed(visit, typed, **errors)
    try:
        made = visit.api.ask("POST", "/v1/exports", _body(visit))
    except ApiProblemError as error:
        return listed(visit, typed, **mistakes(error, _NAMES, _KNOWN))
    return Moved(f"{_HOME}/{made['export_id']}", "export_ordered")


def one(visit: Visit, **errors: str) -> Shown:
    """Show one export with its way to the bundle."""
    return Shown("export.html", _known(visit), _CONFLICT if errors else 200, errors)


def progress(visit: Visit) -> Shown:
    """Show only what changes while it is written."""
    return Shown("export_progress.html", _known(visit))


def cancel(visit: Visit) -> Shown | Moved:
    return _act(visit, "cancel", "export_cancelled")


def resume(visit: Visit) -> Shown | Moved:
    return _act(visit, "resume", "export_resumed")


def _act(visit: Visit, verb: str, said: str) -> Shown | Moved:
    export_id = visit.named["export_id"]
    try:
        visit.api.ask("POST", f"/v1/exports/{export_id}/{verb}")
    except ApiProblemError as error:
        return one(visit, **mistakes(error, known=frozenset()))
    return Moved(f"{_HOME}/{export_id}", said)


def _known(visit: Visit) -> dict[str, Any]:
    export = visit.api.ask("GET", f"/v1/exports/{visit.named['export_id']}")
    sets = export["datasets"]
    return {
        "title": "Export",
        "here": "desk",
        "export": export,
        "status_name": STATUSES.get(export["status"], export["status"]),
        "datasets": DATASETS,
        "sets_done": sets.index(export["stage"]) if export["stage"] in sets else 0,
        "is_live": export["status"] in _UNDER_WAY,
    }


def _blanks(visit: Visit) -> dict[str, str]:
    words = {
        "since": "Enter the first day, such as 2026-11-01",
        "until": "Enter the last day, such as 2026-11-30",
    }
    found = {name: said for name, said in words.items() if not _DAY.fullmatch(visit.one(name))}
    if not visit.all("datasets"):
        found["datasets"] = "Choose what to export"
    return found


def _body(visit: Visit) -> dict[str, Any]:
    """Both days count whole, in UTC."""
    phones = visit.one("phones").split()
    return {
        "from": f"{visit.one('since')}T00:00:00Z",
        "to": f"{visit.one('until')}T23:59:59.999999Z",
        "datasets": visit.all("datasets"),
        "file_format": visit.one("file_format") or "csv",
        "programme_id": visit.one("programme_id") or None,
        "phones": phones or None,
    }

"""Campaigns: all of them, one with its progress and rehearsal, and what can be done to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_NOT_FOUND = 404
_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_LAUNCH_FIELDS = frozenset({"schedule_at"})
STATUSES: Mapping[str, str] = {
    "draft": "Draft",
    "rehearsed": "Rehearsed",
    "scheduled": "Scheduled",
    "running": "Sending",
    "paused": "Paused",
    "completed": "Finished",
    "cancelled": "Cancelled",
}
# Which buttons make sense in which state; the API decides whether they work.
_ACTS: Mapping[str, tuple[str, ...]] = {
    "draft": ("rehearse", "launch", "cancel"),
    "rehearsed": ("launch", "rehearse", "approve", "cancel"),
    "scheduled": ("cancel",),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
}
_UNDER_WAY = ("running", "paused")
FATES: Mapping[str, str] = {
    "sent": "Sent",
    "suppressed": "Kept back",
    "refused": "Refused by the carrier",
    "not_renderable": "Data missing for the text",
    "held_out": "Held out for comparison",
    "in_doubt": "In doubt",
    "cancelled": "Cancelled",
}


def listed(visit: Visit) -> Shown:
    """Show campaigns, newest first, of one status or all."""
    status, cursor = visit.request.query.get("status"), visit.request.query.get("cursor")
    query = {name: value for name, value in (("status", status), ("cursor", cursor)) if value}
    page = visit.api.ask("GET", "/v1/campaigns", query=query)
    values = {
        "title": "Campaigns",
        "here": "campaigns",
        "campaigns": page["items"],
        "next_cursor": page["next_cursor"],
        "status": status or "",
        "statuses": STATUSES,
    }
    return Shown("campaigns.html", values)


def one(visit: Visit, errors: Mapping[str, str] | None = None, status: int = 200) -> Shown:
    """Show one campaign."""
    known = _known(visit)
    segment = visit.api.ask("GET", f"/v1/segments/{known['campaign']['segment_id']}")
    typed = {"schedule_at": "", "recipient_local": "", **visit.typed}
    values = {**known, "here": "campaigns", "segment_name": segment["name"], "typed": typed}
    return Shown("campaign.html", values, status, errors or {})


def progress(visit: Visit) -> Shown:
    """Show only what changes while it runs, for the page to put in its place."""
    return Shown("campaign_progress.html", _known(visit))


def rehearse(visit: Visit) -> Shown | Moved:
    return _act(visit, "rehearsal", "rehearsal_begun")


def approve(visit: Visit) -> Shown | Moved:
    return _act(visit, "approve", "approved")


def launch(visit: Visit) -> Shown | Moved:
    """Start it now, or, if a time was filled in, then."""
    at = visit.one("schedule_at")[: len("2026-11-23T09:05")]
    if visit.one("later") != "yes":
        return _act(visit, "launch", "launched")
    if not _CLOCK.fullmatch(at):
        return one(visit, {"schedule_at": "Enter a day and a time, such as 2026-11-27 10:00"}, 422)
    is_local = visit.one("recipient_local") == "yes"
    wanted = {"schedule_at": f"{at}:00" if is_local else f"{at}:00Z", "recipient_local": is_local}
    return _act(visit, "launch", "put_off", wanted)


def pause(visit: Visit) -> Shown | Moved:
    return _act(visit, "pause", "paused")


def resume(visit: Visit) -> Shown | Moved:
    return _act(visit, "resume", "resumed")


def cancel(visit: Visit) -> Shown | Moved:
    """End it for good, if the box beside the button was ticked."""
    if visit.one("sure") != "yes":
        return one(visit, {"sure": "Tick the box to cancel it for good"}, 422)
    return _act(visit, "cancel", "cancelled")


def _act(
    visit: Visit, verb: str, said: str, body: Mapping[str, object] | None = None
) -> Shown | Moved:
    campaign_id = visit.named["campaign_id"]
    try:
        visit.api.ask("POST", f"/v1/campaigns/{campaign_id}/{verb}", body or {})
    except ApiProblemError as error:
        return one(visit, mistakes(error, known=_LAUNCH_FIELDS), error.status)
    return Moved(f"/console/campaigns/{campaign_id}", said)


def _known(visit: Visit) -> dict[str, Any]:
    campaign_id = visit.named["campaign_id"]
    campaign = visit.api.ask("GET", f"/v1/campaigns/{campaign_id}")
    status = campaign["status"]
    rehearsal = rehearsal_of(visit) if status in ("draft", "rehearsed") else None
    is_working = rehearsal is not None and rehearsal["status"] == "running"
    return {
        "title": campaign["name"],
        "campaign": campaign,
        "status_name": STATUSES[status],
        "acts": _ACTS.get(status, ()),
        "rehearsal": rehearsal,
        "getting_on": _getting_on(visit) if status in _UNDER_WAY else None,
        "is_live": status in ("running", "scheduled") or is_working,
        "fates": [(name, words, campaign["progress"][name]) for name, words in FATES.items()]
        if campaign["progress"]
        else [],
    }


def _getting_on(visit: Visit) -> Any:
    return visit.api.ask("GET", f"/v1/campaigns/{visit.named['campaign_id']}/progress")


def rehearsal_of(visit: Visit) -> Any:
    """Return the newest rehearsal of the campaign in the path, None if there is none."""
    path = f"/v1/campaigns/{visit.named['campaign_id']}/rehearsal"
    try:
        return visit.api.ask("GET", path)
    except ApiProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return None

"""The inbox: what people texted back, and what a person made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.web.console.api import ApiProblemError
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_CONFLICT = 409
BOXES: Mapping[str, str] = {
    "review": "To decide",
    "feedback": "Feedback",
    "help": "Asked for help",
    "done": "Done",
}


def listed(visit: Visit, errors: Mapping[str, str] | None = None) -> Shown:
    """Show one box, newest first."""
    asked, cursor = visit.request.query.get("box", "review"), visit.request.query.get("cursor")
    box = asked if asked in BOXES else "review"
    query = {"box": box, **({"cursor": cursor} if cursor else {})}
    page = visit.api.ask("GET", "/v1/inbox", query=query)
    values = {
        "title": "Inbox",
        "here": "inbox",
        "box": box,
        "boxes": BOXES,
        "items": page["items"],
        "next_cursor": page["next_cursor"],
        "may_decide": "marketing" in visit.person.groups,
    }
    return Shown("inbox.html", values, _CONFLICT if errors else 200, errors or {})


def decide(visit: Visit) -> Shown | Moved:
    """Enter a decision; one that came too late is told, with the box as it is now."""
    body = {"decision": visit.one("decision"), "note": visit.one("note") or None}
    try:
        visit.api.ask("POST", f"/v1/inbox/{visit.named['item_id']}/decision", body)
    except ApiProblemError as error:
        if error.status != _CONFLICT:
            raise
        return listed(visit, {"main": str(error)})
    return Moved("/console/inbox", "decided")

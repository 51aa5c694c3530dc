"""What a reviewer does about the number that lies on the desk: a dossier, a copy, a question why.

As everywhere on the desk, the number travels in forms and is answered at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.web.console.api import ApiProblemError
from assent.web.console.desk import answer
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from assent.web.console.visits import Visit

_VERDICTS = {
    "may": "It could be texted",
    "later": "It had to wait",
    "no": "It could not be texted",
}


def dossier(visit: Visit) -> Shown | Moved:
    """Order everything about the number; it is followed as an export."""
    try:
        made = visit.api.ask("POST", "/v1/dossiers", {"phone": visit.one("phone")})
    except ApiProblemError as error:
        return answer(visit, mistakes(error, known=frozenset({"phone"})))
    return Moved(f"/console/exports/{made['export_id']}", "dossier_ordered")


def copy(visit: Visit) -> Shown:
    """Make a copy of what is held, for the person who asked for it."""
    try:
        made = visit.api.ask("POST", "/v1/access-requests", {"phone": visit.one("phone")})
    except ApiProblemError as error:
        return answer(visit, mistakes(error, known=frozenset({"phone"})))
    return Shown("copy.html", {"title": "A copy for the person", "here": "desk", "made": made})


def decision(visit: Visit) -> Shown:
    """Say why a campaign texted the number, or why it did not."""
    campaign_id = visit.one("campaign_id")
    if not campaign_id:
        return answer(visit, {"campaign_id": "Enter the id of a campaign, such as c_1a2b3c"})
    query = {"phone": visit.one("phone"), "campaign_id": campaign_id}
    try:
        found = visit.api.ask("GET", "/v1/decisions", query=query)
        campaign = visit.api.ask("GET", f"/v1/campaigns/{found['campaign_id']}")
    except ApiProblemError as error:
        if error.status == 404:  # noqa: PLR2004
            return answer(visit, {"campaign_id": "There is no such campaign"})
        known = frozenset({"phone", "campaign_id"})
        return answer(visit, mistakes(error, known=known))
    values = {
        "title": "Why, or why not",
        "here": "desk",
        "phone": visit.one("phone"),
        "found": found,
        "campaign": campaign,
        "verdict": _VERDICTS.get(found["verdict"], found["verdict"]),
    }
    return Shown("decision.html", values)

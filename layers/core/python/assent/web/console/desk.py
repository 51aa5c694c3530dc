"""The reviewer's desk: one number, what is agreed to now and at any instant, and all that happened.

A number is sent in a form and answered at once, never put into an address: addresses stand in
histories, logs and bookmarks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Shown
from assent.web.console.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_MOST_PAGES, _PER_PAGE = 5, "100"
_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_FIELDS = frozenset({"phone", "at"})
_TEMPLATE = "desk.html"


def ask(visit: Visit) -> Shown:
    """Show the empty question."""
    del visit
    return Shown(_TEMPLATE, _values({}))


def answer(visit: Visit, troubles: Mapping[str, str] | None = None) -> Shown:
    """Show what is known of a number, and of an instant if one is asked for. `troubles` are those
    of another form that stands on the page."""
    errors = _blanks(visit)
    if "phone" in (errors := {**errors, **(troubles or {})}):
        return Shown(_TEMPLATE, _values(visit.typed), 422, errors)
    try:
        values = {**_values(visit.typed), **_known(visit, is_asked="at" not in errors)}
        return Shown(_TEMPLATE, values, 422 if errors else 200, errors)
    except ApiProblemError as error:
        told = mistakes(error, known=_FIELDS)
        return Shown(_TEMPLATE, _values(visit.typed), 422, told)


def _blanks(visit: Visit) -> dict[str, str]:
    found = {}
    if not visit.one("phone"):
        found["phone"] = "Enter a number with its country code"
    at = visit.one("at")
    if at and not _CLOCK.fullmatch(at):
        found["at"] = "Enter a day and a time, such as 2026-11-23 09:05"
    elif not at and visit.one("ask"):
        found["at"] = "Enter the day and time to ask about"
    return found


def _known(visit: Visit, *, is_asked: bool) -> dict[str, Any]:
    phone = {"phone": visit.one("phone")}
    now = visit.api.ask("GET", "/v1/consents", query=phone)
    events, more_events = _all(visit, "/v1/consents/history", phone)
    texts, more_texts = _all(visit, "/v1/messages", phone)
    return {
        "now": now,
        "then": _then(visit, phone) if is_asked else None,
        "entries": timeline(events, texts),
        "is_cut": more_events or more_texts,
        "is_intact": all(each["is_intact"] for each in events),
        "events": len(events),
        "texts": len(texts),
    }


def _then(visit: Visit, phone: Mapping[str, str]) -> Any:
    at = visit.one("at")
    if not at:
        return None
    as_known = "true" if visit.one("as_known") == "yes" else "false"
    # Entries are shown to the second, so what happened within the second that is asked for counts.
    instant = f"{at if at.count(':') > 1 else at + ':00'}.999999Z"
    query = {**phone, "at": instant, "as_known": as_known}
    return visit.api.ask("GET", "/v1/consents", query=query)


def _all(visit: Visit, path: str, phone: Mapping[str, str]) -> tuple[list[dict[str, Any]], bool]:
    """Return what a list holds, and whether it holds more than a page should."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = visit.api.ask("GET", path, query={**phone, "limit": _PER_PAGE, **cursor})
        found.extend(page["items"])
        if not page["next_cursor"]:
            return found, False
        cursor = {"cursor": page["next_cursor"]}
    return found, True


def _values(typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": "Find a number",
        "here": "desk",
        "typed": {"phone": "", "at": "", "as_known": "", "campaign_id": "", **typed},
        "now": None,
        "then": None,
    }

"""Writing a campaign: the form, its mistakes, and the text's parts while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.messages.alphabet import count_parts
from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.previews import preview
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_FIELDS = ("name", "programme_id", "segment_id", "body", "quiet_hours", "quiet_hours_reason")
_KNOWN = frozenset({*_FIELDS, "hold_out_percent"})
_MISSING = {
    "name": "Give the campaign a name",
    "programme_id": "Choose a programme",
    "segment_id": "Choose who gets it",
    "body": "Write the text",
}


def new(visit: Visit) -> Shown:
    return _form(visit, {"quiet_hours": "legal", "hold_out_percent": "0"})


def create(visit: Visit) -> Shown | Moved:
    """Draft it, or show the form again with what is wrong."""
    errors = _blanks(visit)
    if errors:
        return _form(visit, visit.typed, errors)
    try:
        made = visit.api.ask("POST", "/v1/campaigns", _body(visit))
    except ApiProblemError as error:
        return _form(visit, visit.typed, mistakes(error, known=_KNOWN))
    return Moved(f"/console/campaigns/{made['campaign_id']}", "drafted")


def edit(visit: Visit) -> Shown:
    campaign = visit.api.ask("GET", f"/v1/campaigns/{visit.named['campaign_id']}")
    typed = {name: str(campaign[name] or "") for name in (*_FIELDS, "hold_out_percent", "version")}
    return _form(visit, typed)


def change(visit: Visit) -> Shown | Moved:
    """Replace a draft, if nobody else did meanwhile."""
    errors = _blanks(visit)
    if errors:
        return _form(visit, visit.typed, errors)
    campaign_id = visit.named["campaign_id"]
    try:
        body = {**_body(visit), "version": _number(visit.one("version"))}
        visit.api.ask("PUT", f"/v1/campaigns/{campaign_id}", body)
    except ApiProblemError as error:
        return _form(visit, visit.typed, mistakes(error, known=_KNOWN))
    return Moved(f"/console/campaigns/{campaign_id}", "saved")


def _form(visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Shown:
    programmes = visit.api.ask("GET", "/v1/programmes", query={"limit": "100"})["items"]
    segments = visit.api.ask("GET", "/v1/segments", query={"limit": "100"})["items"]
    campaign_id = visit.named.get("campaign_id")
    values = {
        "title": "Edit campaign" if campaign_id else "New campaign",
        "here": "campaigns",
        "typed": {**dict.fromkeys((*_FIELDS, "hold_out_percent", "version"), ""), **typed},
        "programmes": programmes,
        "segments": segments,
        **preview(visit),
        "parts": count_parts(typed.get("body", "")),
        "campaign_id": campaign_id,
    }
    return Shown("campaign_form.html", values, 422 if errors else 200, errors or {})


def _blanks(visit: Visit) -> dict[str, str]:
    return {name: words for name, words in _MISSING.items() if not visit.one(name)}


def _body(visit: Visit) -> dict[str, Any]:
    return {
        "name": visit.one("name"),
        "programme_id": visit.one("programme_id"),
        "segment_id": visit.one("segment_id"),
        # Browsers end lines in two characters; a text has one, and each is paid for.
        "body": (visit.request.one("body") or "").replace("\r\n", "\n"),
        "quiet_hours": visit.one("quiet_hours") or "legal",
        "quiet_hours_reason": visit.one("quiet_hours_reason") or None,
        "hold_out_percent": _number(visit.one("hold_out_percent")),
    }


def _number(text: str) -> int:
    """Return a number as typed; -1, which the API refuses, for what is none."""
    return int(text) if text.isdecimal() and len(text) < len("1000000") else -1

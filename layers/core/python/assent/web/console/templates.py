"""Stored texts: all, one to read, a new one and a new version; nothing changes in place."""

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

_FIELDS = ("name", "locale", "body")
_KNOWN = frozenset(_FIELDS)
_BLANK = ("version", "preview_programme", "preview_name", "preview_phone")


def listed(visit: Visit) -> Shown:
    """Show the newest version of each text."""
    cursor = visit.request.query.get("cursor")
    page = visit.api.ask("GET", "/v1/templates", query={"cursor": cursor} if cursor else None)
    values = {
        "title": "Templates",
        "here": "templates",
        "templates": [{**each, "parts": count_parts(each["body"]).parts} for each in page["items"]],
        "next_cursor": page["next_cursor"],
    }
    return Shown("templates.html", values)


def new(visit: Visit) -> Shown:
    return _form(visit, {"locale": "en"})


def create(visit: Visit) -> Shown | Moved:
    """Keep it as version 1, or show the form again with what is wrong."""
    return _keep(visit, "/v1/templates", {})


def one(visit: Visit) -> Shown:
    """Show the newest version, to read or to write the next from."""
    found = _found(visit)
    return _form(visit, {**{name: found[name] for name in _FIELDS}, "version": found["version"]})


def add_version(visit: Visit) -> Shown | Moved:
    """Keep the next version, if nobody else did meanwhile; wordings in other languages stay."""
    number = visit.one("version")
    others = {} if visit.one("action") == "preview" else _found(visit)["others"]
    more = {"version": int(number) if number.isdecimal() else 0, "others": others}
    return _keep(visit, f"/v1/templates/{visit.named['template_id']}/versions", more)


def _keep(visit: Visit, path: str, more: Mapping[str, object]) -> Shown | Moved:
    if visit.one("action") == "preview":
        return _form(visit, visit.typed)
    body = {
        "name": visit.one("name"),
        "locale": visit.one("locale"),
        "body": (visit.request.one("body") or "").replace("\r\n", "\n"),
    }
    missing = {name: "Fill this in" for name, value in body.items() if not value.strip()}
    if missing:
        return _form(visit, visit.typed, missing)
    try:
        visit.api.ask("POST", path, {**body, **more})
    except ApiProblemError as error:
        return _form(visit, visit.typed, mistakes(error, known=_KNOWN))
    return Moved("/console/templates", "saved")


def _found(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = visit.api.ask("GET", f"/v1/templates/{visit.named['template_id']}")
    return found


def _form(visit: Visit, typed: Mapping[str, Any], errors: Mapping[str, str] | None = None) -> Shown:
    is_kept = "template_id" in visit.named
    programmes = visit.api.ask("GET", "/v1/programmes", query={"limit": "100"})["items"]
    values = {
        "title": typed.get("name") if is_kept else "New template",
        "here": "templates",
        "is_kept": is_kept,
        "typed": {**dict.fromkeys((*_FIELDS, *_BLANK), ""), **typed},
        "programmes": [(each["programme_id"], each["name"]) for each in programmes],
        "may_change": "marketing" in visit.person.groups,
        **preview(visit),
    }
    if visit.request.method != "POST":
        values["parts"] = count_parts(str(typed.get("body", "")))
    return Shown("template_form.html", values, 422 if errors else 200, errors or {})

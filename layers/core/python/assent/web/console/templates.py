"""Stored texts: all of them, and a new one with its parts while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.messages.alphabet import count_parts
from assent.web.console.api import ApiProblemError
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_LEAST_OURS = 500


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
    return _form({"name": "", "locale": "en", "body": ""})


def create(visit: Visit) -> Shown | Moved:
    """Keep it as version 1, or show the form again with what is wrong."""
    body = {
        "name": visit.one("name"),
        "locale": visit.one("locale"),
        "body": (visit.request.one("body") or "").replace("\r\n", "\n"),
    }
    missing = {name: "This is needed" for name, value in body.items() if not value.strip()}
    if missing:
        return _form(visit.typed, missing)
    try:
        visit.api.ask("POST", "/v1/templates", body)
    except ApiProblemError as error:
        if error.status in (401, 403) or error.status >= _LEAST_OURS:
            raise
        return _form(visit.typed, {n: str(error) for n in error.fields} or {"body": str(error)})
    return Moved("/console/templates", "saved")


def _form(typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Shown:
    values = {
        "title": "New template",
        "here": "templates",
        "typed": {"name": "", "locale": "en", "body": "", **typed},
        "parts": count_parts(typed.get("body", "")),
    }
    return Shown("template_form.html", values, 422 if errors else 200, errors or {})

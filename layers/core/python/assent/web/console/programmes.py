"""Programmes: what is promised to whom, where its form may stand, and its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_LEAST_OURS = 500
_TEXTS = ("name", "brand", "description", "terms_url", "privacy_url")
_LISTS = ("countries", "locales", "topics", "origins")


def listed(visit: Visit) -> Shown:
    values = {"title": "Programmes", "here": "programmes", "programmes": _all(visit)}
    return Shown("programmes.html", values)


def one(visit: Visit) -> Shown:
    """Show one programme, to read or to change."""
    programme = _found(visit)
    typed = {name: str(programme[name]) for name in (*_TEXTS, "max_per_month", "version")}
    lists = {name: "\n".join(programme[name]) for name in _LISTS}
    return _form(visit, programme, {**typed, **lists})


def change(visit: Visit) -> Shown | Moved:
    """Replace its terms; what this page does not show stays as it is."""
    programme = _found(visit)
    number, version = visit.one("max_per_month"), visit.one("version")
    hidden = {
        name: value
        for name, value in programme.items()
        if name not in ("programme_id", "frequency", "version")
    }
    body = {
        **hidden,
        **{name: visit.one(name) for name in _TEXTS},
        **{name: (visit.request.one(name) or "").split() for name in _LISTS if name != "topics"},
        "topics": [each.strip() for each in visit.one("topics").splitlines() if each.strip()],
        "max_per_month": int(number) if number.isdecimal() else 0,
        "version": int(version) if version.isdecimal() else 0,
    }
    try:
        visit.api.ask("PUT", f"/v1/programmes/{programme['programme_id']}", body)
    except ApiProblemError as error:
        if error.status in (401, 403, 404) or error.status >= _LEAST_OURS:
            raise
        errors = {name.partition(".")[0]: str(error) for name in error.fields}
        return _form(visit, programme, visit.typed, errors or {"main": str(error)})
    return Moved(f"/console/programmes/{programme['programme_id']}", "saved")


def _form(
    visit: Visit,
    programme: Mapping[str, Any],
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Shown:
    values = {
        "title": programme["name"],
        "here": "programmes",
        "programme": programme,
        "typed": {"version": str(programme["version"]), **typed},
        "may_change": "marketing" in visit.person.groups,
    }
    return Shown("programme.html", values, 422 if errors else 200, errors or {})


def _all(visit: Visit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visit.api.ask("GET", "/v1/programmes", query={"limit": "100"})[
        "items"
    ]
    return found


def _found(visit: Visit) -> dict[str, Any]:
    wanted = visit.named["programme_id"]
    for each in _all(visit):
        if each["programme_id"] == wanted:
            return each
    raise ApiProblemError(404, "programme_not_found", "There is no such programme.")

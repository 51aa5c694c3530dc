"""Programmes: what is promised to whom, where its form may stand, and its own page."""

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
_TEXTS = ("name", "brand", "description", "terms_url", "privacy_url")
_LISTS = ("countries", "locales", "topics", "origins")
_ELEMENTS: Mapping[str, str] = {
    "not_a_condition": "that a purchase does not depend on it",
    "frequency": "how often you text, with the number that you promise",
    "rates": "that message and data rates may apply",
    "stop": "how to stop (STOP)",
    "help": "where to get help (HELP)",
    "terms": "the address of the terms",
    "privacy": "the address of the privacy notice",
    "brand": "the brand",
}
_KNOWN = frozenset({*_TEXTS, *_LISTS, "max_per_month", "programme_id"})


def listed(visit: Visit) -> Shown:
    values = {"title": "Programmes", "here": "programmes", "programmes": _all(visit)}
    return Shown("programmes.html", values)


def one(visit: Visit) -> Shown:
    """Show one programme, to read or to change."""
    programme = _found(visit)
    return _form(visit, programme, _typed(programme))


def new(visit: Visit) -> Shown:
    return _new(visit, {"locales": "en", "countries": "US"})


def create(visit: Visit) -> Shown | Moved:
    """Make one, or show the form again with what is wrong."""
    programme_id = visit.one("programme_id")
    if not programme_id:
        return _new(visit, visit.typed, {"programme_id": "Enter an id, such as weekly-offers"})
    try:
        visit.api.ask("POST", "/v1/programmes", {"programme_id": programme_id, **_terms(visit)})
    except ApiProblemError as error:
        return _new(visit, visit.typed, mistakes(error, known=_KNOWN))
    return Moved(f"/console/programmes/{programme_id}", "programme_made")


def publish(visit: Visit) -> Shown | Moved:
    """Publish a wording, which nobody can change afterwards, or say what it lacks."""
    programme = _found(visit)
    body = {
        "locale": visit.one("wording_locale"),
        "text": (visit.request.one("wording") or "").strip().replace("\r\n", "\n"),
    }
    if not body["text"]:
        return _form(visit, programme, _typed(programme), {"wording": "Write the wording"})
    names = {"text": "wording", "locale": "wording_locale"}
    known = frozenset(names.values())
    try:
        path = f"/v1/programmes/{programme['programme_id']}/disclosures"
        visit.api.ask("POST", path, body)
    except ApiProblemError as error:
        told = mistakes(error, names, known)
        shown = {n: visit.request.one(n) or "" for n in known}
        # The wording is all that this form can be wrong about, whatever the API names.
        told = {("wording" if n == "main" else n): _lacks(words) for n, words in told.items()}
        return _form(visit, programme, {**_typed(programme), **shown}, told)
    return Moved(f"/console/programmes/{programme['programme_id']}", "wording_published")


def change(visit: Visit) -> Shown | Moved:
    """Replace its terms; what this page does not show stays as it is."""
    programme = _found(visit)
    version = visit.one("version")
    hidden = {
        name: value
        for name, value in programme.items()
        if name not in ("programme_id", "frequency", "version")
    }
    body = {
        **hidden,
        **_terms(visit),
        "version": int(version) if version.isdecimal() else 0,
    }
    try:
        visit.api.ask("PUT", f"/v1/programmes/{programme['programme_id']}", body)
    except ApiProblemError as error:
        return _form(visit, programme, visit.typed, mistakes(error, known=_KNOWN))
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
        "typed": {
            "version": str(programme["version"]),
            "wording": "",
            "wording_locale": programme["locales"][0],
            **typed,
        },
        "disclosure": _disclosure(visit, programme),
        "may_change": "marketing" in visit.person.groups,
    }
    return Shown("programme.html", values, 422 if errors else 200, errors or {})


def _lacks(words: str) -> str:
    """Return what the API says that a wording lacks, each element as people call it."""
    return re.sub("|".join(_ELEMENTS), lambda found: _ELEMENTS[found[0]], words)


def _new(visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Shown:
    blank = dict.fromkeys((*_TEXTS, *_LISTS, "max_per_month", "programme_id", "version"), "")
    values = {
        "title": "New programme",
        "here": "programmes",
        "programme": None,
        "typed": {**blank, **typed},
        "may_change": "marketing" in visit.person.groups,
    }
    return Shown("programme.html", values, 422 if errors else 200, errors or {})


def _typed(programme: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: str(programme[name]) for name in (*_TEXTS, "max_per_month", "version")}
    return {**texts, **{name: "\n".join(programme[name]) for name in _LISTS}}


def _terms(visit: Visit) -> dict[str, Any]:
    number = visit.one("max_per_month")
    return {
        **{name: visit.one(name) for name in _TEXTS if name != "brand" or visit.one(name)},
        **{name: (visit.request.one(name) or "").split() for name in _LISTS if name != "topics"},
        "topics": [each.strip() for each in visit.one("topics").splitlines() if each.strip()],
        "max_per_month": int(number) if number.isdecimal() else 0,
    }


def _disclosure(visit: Visit, programme: Mapping[str, Any]) -> Any:
    """Return the newest wording in the programme's first language, None if there is none."""
    query = {"locale": programme["locales"][0]}
    try:
        path = f"/v1/programmes/{programme['programme_id']}"
        return visit.api.ask("GET", path, query=query)["disclosure"]
    except ApiProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return None


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
    raise ApiProblemError(_NOT_FOUND, "programme_not_found", "There is no such programme.")

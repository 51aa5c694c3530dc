"""The staff log: who of the staff looked at or changed whom and what. Asking it is entered too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_BY = {"phone": "subject_phone", "actor": "actor", "day": "day"}
_OUTCOMES: Mapping[str, str] = {
    "begun": "Begun",
    "done": "Done",
    "refused": "Refused",
    "forbidden": "Not allowed",
    "failed": "Failed",
}


def today(visit: Visit) -> Shown:
    """Show today's entries."""
    return _shown(visit, {"day": f"{visit.now:%Y-%m-%d}"})


def asked(visit: Visit) -> Shown:
    """Show the entries about one number, by one person, or of one day."""
    typed = {name: visit.one(name) for name in _BY}
    given = [name for name, value in typed.items() if value]
    if len(given) != 1:
        words = "Fill in one of the three" + (", not more" if given else "")
        return _form(typed, {given[0] if given else "phone": words})
    try:
        return _shown(visit, typed)
    except ApiProblemError as error:
        names = {"subject_phone": "phone"}
        return _form(typed, mistakes(error, names, frozenset(_BY)))


def _shown(visit: Visit, typed: Mapping[str, str]) -> Shown:
    query = {_BY[name]: value for name, value in typed.items() if value}
    cursor = visit.one("cursor")
    page = visit.api.ask(
        "GET", "/v1/audit", query={**query, **({"cursor": cursor} if cursor else {})}
    )
    return Shown("staff_log.html", _values(typed, page))


def _form(typed: Mapping[str, str], errors: Mapping[str, str]) -> Shown:
    return Shown("staff_log.html", _values(typed, None), 422, errors)


def _values(typed: Mapping[str, str], page: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "title": "Staff log",
        "here": "desk",
        "typed": {**dict.fromkeys(_BY, ""), **typed},
        "entries": page["items"] if page else None,
        "next_cursor": page["next_cursor"] if page else None,
        "outcomes": _OUTCOMES,
    }

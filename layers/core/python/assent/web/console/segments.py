"""Segments: rules put together from rows, how many people they mean now, and a few of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.rule_rows import CHOICES, OPERATORS, Row, rows_of, rule_of
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

_LEAST_OURS = 500
_BLANK = Row("", "", "", "")


def listed(visit: Visit) -> Shown:
    """Show every segment."""
    cursor = visit.request.query.get("cursor")
    page = visit.api.ask("GET", "/v1/segments", query={"cursor": cursor} if cursor else None)
    values = {
        "title": "Segments",
        "here": "segments",
        "segments": page["items"],
        "next_cursor": page["next_cursor"],
    }
    return Shown("segments.html", values)


def new(visit: Visit) -> Shown:
    return _form(visit, {"name": "", "match": "and"}, [_BLANK])


def create(visit: Visit) -> Shown | Moved:
    """Save it, add a row to fill, or show what is wrong."""
    rows = _rows(visit)
    if visit.one("action") == "add":
        return _form(visit, visit.typed, [*rows, _BLANK])
    try:
        made = visit.api.ask("POST", "/v1/segments", _body(visit, rows))
    except (ApiProblemError, ValueError) as error:
        return _form(visit, visit.typed, rows or [_BLANK], _errors(error))
    return Moved(f"/console/segments/{made['segment_id']}", "saved")


def one(visit: Visit) -> Shown:
    """Show one segment, to read or to change."""
    segment = visit.api.ask("GET", f"/v1/segments/{visit.named['segment_id']}")
    found = rows_of(segment["rule"])
    typed = {"name": segment["name"], "version": str(segment["version"])}
    if found is None:
        rule = json.dumps(segment["rule"], indent=2, ensure_ascii=False)
        return _form(visit, {**typed, "match": "json", "rule": rule}, [_BLANK])
    match, rows = found
    return _form(visit, {**typed, "match": match}, rows or [_BLANK])


def change(visit: Visit) -> Shown | Moved:
    """Replace it, if nobody else did meanwhile."""
    rows, segment_id = _rows(visit), visit.named["segment_id"]
    if visit.one("action") == "add":
        return _form(visit, visit.typed, [*rows, _BLANK])
    version = visit.one("version")
    try:
        body = {**_body(visit, rows), "version": int(version) if version.isdecimal() else 0}
        visit.api.ask("PUT", f"/v1/segments/{segment_id}", body)
    except (ApiProblemError, ValueError) as error:
        return _form(visit, visit.typed, rows or [_BLANK], _errors(error))
    return Moved(f"/console/segments/{segment_id}", "saved")


def people(visit: Visit) -> Shown:
    """Show how many people it means, and a few; a piece of the page, since it reads everybody."""
    path = f"/v1/segments/{visit.named['segment_id']}"
    counted = visit.api.ask("GET", f"{path}/count")
    sample = visit.api.ask("GET", f"{path}/sample")["items"]
    return Shown("segment_people.html", {"title": "", "counted": counted, "sample": sample})


def _form(
    visit: Visit, typed: Mapping[str, str], rows: list[Row], errors: dict[str, str] | None = None
) -> Shown:
    segment_id = visit.named.get("segment_id")
    values = {
        "title": typed.get("name") or "New segment",
        "here": "segments",
        "typed": {"name": "", "match": "and", "rule": "", "version": "", **typed},
        "rows": rows,
        "choices": CHOICES,
        "operators": OPERATORS,
        "segment_id": segment_id,
    }
    return Shown("segment_form.html", values, 422 if errors else 200, errors or {})


def _rows(visit: Visit) -> list[Row]:
    columns = (visit.all(name) for name in ("field", "op", "value", "programme"))
    found = [Row(*cells) for cells in zip(*columns, strict=False)]
    return [row for row in found if row.field]


def _body(visit: Visit, rows: list[Row]) -> dict[str, Any]:
    if not visit.one("name"):
        message = "Give the segment a name"
        raise ApiProblemError(422, "missing", message, {"name": "missing"})
    return {"name": visit.one("name"), "rule": rule_of(visit.one("match"), rows, visit.one("rule"))}


def _errors(error: ApiProblemError | ValueError) -> dict[str, str]:
    if isinstance(error, ValueError):
        return {"rule": str(error)}
    if error.status in (401, 403, 404) or error.status >= _LEAST_OURS:
        raise error
    return {"name" if "name" in error.fields else "rule": str(error)}

"""A segment's rule as rows of a form, and back.

Rows say what most segments say; a rule of more depth is shown and written as the JSON of the API,
so that nothing that the API can hold is lost by being opened here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.audience.fields import FIELDS, OF_A_PROGRAMME, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASS = "class"
CHOICES: Mapping[str, str] = {
    _CLASS: "Ready class (new, regular, inactive, vip)",
    "country": "Country",
    "region": "Region or state",
    "postal_code": "Postal code",
    "time_zone": "Time zone",
    "first_name": "First name",
    "last_name": "Last name",
    "age": "Age",
    "birth_year": "Year of birth",
    "topics": "Topics",
    "locale": "Language",
    "consent": "Consent to a programme",
    "confirmed_at": "Consent confirmed",
    "tenure_days": "Days since we know them",
    "last_sent_at": "Last text sent",
    "last_clicked_at": "Last click",
    "last_replied_at": "Last reply",
    "last_purchased_at": "Last purchase",
    "sent": "Texts sent",
    "clicks": "Clicks",
    "replies": "Replies",
    "purchases": "Purchases",
    "visits": "Visits",
}
OPERATORS: Mapping[str, str] = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of (comma between)",
    "contains": "contains",
    "starts_with": "starts with",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "between": "is between (two values, comma between)",
    "within_last": "within the last … days",
    "exists": "is known",
}
_LISTS = ("in", "between")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form, as typed. `programme` only where the field asks for one."""

    field: str
    op: str
    value: str
    programme: str


def rule_of(match: str, rows: list[Row], written: str) -> object:
    """Return the API's rule. Raises ValueError with a sentence for what cannot be one."""
    if match == "json":
        try:
            return json.loads(written)
        except ValueError:
            message = "The rule is no JSON. Check its brackets and commas."
            raise ValueError(message) from None
    if match == "all":
        return {"all": True}
    if not rows:
        message = "Add at least one condition, or choose everyone."
        raise ValueError(message)
    return {"or" if match == "or" else "and": [_condition(row) for row in rows]}


def rows_of(rule: Mapping[str, Any]) -> tuple[str, list[Row]] | None:
    """Return how the rows combine and the rows; None for a rule that rows cannot say."""
    if rule == {"all": True}:
        return "all", []
    if set(rule) <= {"field", "op", "value", "programme"} or "class" in rule:
        rule = {"and": [rule]}
    for match in ("and", "or"):
        if set(rule) == {match}:
            rows = [_row(each) for each in rule[match]]
            return None if None in rows else (match, [row for row in rows if row])
    return None


def _condition(row: Row) -> dict[str, object]:
    if row.field == _CLASS:
        return {"class": row.value.lower(), "programme": row.programme}
    found: dict[str, object] = {"field": row.field, "op": row.op or "eq"}
    if row.field in OF_A_PROGRAMME:
        found["programme"] = row.programme
    if row.op != "exists":
        found["value"] = _value(row)
    return found


def _value(row: Row) -> object:
    is_number = FIELDS.get(row.field) is Kind.NUMBER or row.op == "within_last"
    if row.op in _LISTS:
        return [_scalar(each.strip(), is_number) for each in row.value.split(",")]
    return _scalar(row.value, is_number)


def _scalar(text: str, is_number: bool) -> object:
    if not is_number:
        return text
    if not text.lstrip("-").isdecimal():
        message = f"“{text}” is not a number."
        raise ValueError(message)
    return int(text)


def _row(rule: Mapping[str, Any]) -> Row | None:
    if "class" in rule:
        return Row(_CLASS, "eq", str(rule["class"]), str(rule["programme"]))
    if "field" not in rule or rule["field"] not in CHOICES or "days" in rule:
        return None
    value = rule.get("value", "")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Row(rule["field"], rule["op"], text, str(rule.get("programme") or ""))

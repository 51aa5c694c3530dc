"""What a carrier's report about a text means, as a table with sources (`data/delivery_codes.json`).

A pure reading of codes: a report that the table does not know is transient and must be shown to
somebody, never an opt-out and never a reason to give a number up.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class CodeSystem(StrEnum):
    """In whose words a report is."""

    SNS_RESPONSE = "sns_providerResponse"
    SNS_REFUSAL = "sns_publish_exception"
    EUM_EVENT = "eum_eventType"
    EUM_STATUS = "eum_messageStatus"
    EUM_REFUSAL = "eum_send_exception"


class Delivery(StrEnum):
    """What became of the text."""

    OK = "ok"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    OPT_OUT = "optout"


class NumberAction(StrEnum):
    """What the report says about the number itself."""

    NONE = "none"
    COUNT = "count"
    SUPPRESS = "suppress"
    OPT_OUT = "optout"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a report reads. `code` is the table's own wording, safe to log; None: not in it."""

    delivery: Delivery
    action: NumberAction
    code: str | None


UNKNOWN = Verdict(Delivery.TRANSIENT, NumberAction.NONE, None)
_ANY = "*"
# Of several readings of one report the one that protects the person most counts.
_WEIGHT = (Delivery.OPT_OUT, Delivery.PERMANENT, Delivery.TRANSIENT, Delivery.OK)


def classify(system: CodeSystem, code: str) -> Verdict:
    """Return how `code` reads, whatever its case and spacing."""
    plain = _plain(code)
    table = _table()
    exact = table.exact.get((system, plain))
    if exact is not None:
        return exact
    parts = (verdict for of, part, verdict in table.parts if of is system and part in plain)
    return next(parts, UNKNOWN)


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the known verdict that weighs most; `UNKNOWN` if the table knows none of them."""
    known = (verdict for verdict in verdicts if verdict.code is not None)
    return min(known, key=lambda verdict: _WEIGHT.index(verdict.delivery), default=UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Table:
    exact: dict[tuple[CodeSystem, str], Verdict]
    parts: tuple[tuple[CodeSystem, str, Verdict], ...]


@functools.cache
def _table() -> _Table:
    file = resources.files("assent.messages") / "data" / "delivery_codes.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["codes"]
    exact: dict[tuple[CodeSystem, str], Verdict] = {}
    parts = []
    for row in rows:
        system, code = CodeSystem(row["system"]), row["code"]
        verdict = Verdict(Delivery(row["class"]), NumberAction(row["number_action"]), code)
        if _ANY in code:
            parts.append((system, _plain(code.strip(_ANY)), verdict))
        else:
            exact[system, _plain(code)] = verdict
    return _Table(exact, tuple(parts))


def _plain(code: str) -> str:
    return " ".join(code.casefold().split()).rstrip(".")

"""A carrier's report is read by the table; what the table lacks is transient and is told."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from assent.messages.delivery import (
    UNKNOWN,
    CodeSystem,
    Delivery,
    NumberAction,
    Verdict,
    classify,
    gravest,
)

SNS, EUM = CodeSystem.SNS_RESPONSE, CodeSystem.EUM_EVENT
ROWS: list[dict[str, Any]] = json.loads(
    (resources.files("assent.messages") / "data" / "delivery_codes.json").read_text("utf-8")
)["codes"]


@pytest.mark.parametrize(
    ("system", "code", "delivery", "action"),
    [
        (SNS, "Message has been accepted by phone carrier", "ok", "none"),
        (SNS, "Phone number is opted out", "optout", "optout"),
        (SNS, "The destination phone number is opted out of messages", "optout", "optout"),
        (SNS, "phone number  IS OPTED OUT.", "optout", "optout"),
        (SNS, "Phone has blocked SMS", "optout", "suppress"),
        (SNS, "Blocked as spam by phone carrier", "permanent", "none"),
        (SNS, "Destination is on a blocked list", "permanent", "suppress"),
        (SNS, "Unknown error attempting to reach phone", "transient", "count"),
        (SNS, "No quota left for account", "transient", "none"),
        (EUM, "TEXT_DELIVERED", "ok", "none"),
        (EUM, "TEXT_BLOCKED", "optout", "suppress"),
        (EUM, "TEXT_CARRIER_BLOCKED", "permanent", "count"),
        (EUM, "TEXT_INVALID", "permanent", "suppress"),
        (EUM, "TEXT_UNREACHABLE", "transient", "count"),
        (CodeSystem.EUM_STATUS, "OPTED_OUT", "optout", "optout"),
        (
            CodeSystem.EUM_REFUSAL,
            "ConflictException:DESTINATION_PHONE_NUMBER_OPTED_OUT",
            "optout",
            "optout",
        ),
        (CodeSystem.EUM_REFUSAL, "ValidationException:INVALID_PARAMETER", "permanent", "review"),
        (CodeSystem.SNS_REFUSAL, "OptedOut", "optout", "optout"),
    ],
)
def test_a_report_reads_as_the_table_says(
    system: CodeSystem, code: str, delivery: str, action: str
) -> None:
    verdict = classify(system, code)
    assert (verdict.delivery, verdict.action) == (delivery, action)


@pytest.mark.parametrize("code", ["", "Something new", "TEXT_DELIVERED", "not opted out", "opted"])
def test_what_the_table_lacks_is_transient_and_known_to_be_unknown(code: str) -> None:
    assert classify(SNS, code) is UNKNOWN
    assert UNKNOWN.delivery is Delivery.TRANSIENT


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['system']}:{row['code']}")
def test_every_row_is_found_and_gives_its_source(row: dict[str, Any]) -> None:
    verdict = classify(CodeSystem(row["system"]), row["code"].replace("*", " the number "))
    assert (verdict.delivery, verdict.action) == (row["class"], row["number_action"])
    assert verdict.code == row["code"]
    assert row["source"]


def test_a_row_stands_once() -> None:
    assert len({(row["system"], row["code"].casefold()) for row in ROWS}) == len(ROWS)


def test_of_several_readings_the_one_that_protects_most_counts() -> None:
    ok = Verdict(Delivery.OK, NumberAction.NONE, "a")
    out = Verdict(Delivery.OPT_OUT, NumberAction.OPT_OUT, "b")
    assert gravest([UNKNOWN, ok, out]) is out
    assert gravest([UNKNOWN, ok]) is ok
    assert gravest([UNKNOWN]) is UNKNOWN

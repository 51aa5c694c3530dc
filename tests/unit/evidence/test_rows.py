from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import EventType
from assent.evidence.datasets import COLUMNS, Dataset, FileFormat
from assent.evidence.rows import event_row, header, safe_cell, written
from assent.phone import PhoneNumber
from tests.unit.evidence.chains import DEALS, chain, without_evidence

if TYPE_CHECKING:
    from assent.evidence.datasets import Row

PHONE = PhoneNumber.stored("+16125550103")
PLACE: Row = {"digest": 3, "leaf": 0}
LOG, CSV = Dataset.CONSENT_EVENTS, FileFormat.CSV


def logged(phone: PhoneNumber | None = None) -> bytes:
    history = chain((EventType.REQUESTED, DEALS), (EventType.WITHDRAWN, None))
    return written(LOG, CSV, [event_row(e, evidence, phone, PLACE) for e, evidence in history])


def parsed(data: bytes) -> list[dict[str, str]]:
    text = (header(LOG, CSV) + data).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("", "", id="empty"),
        pytest.param("a=b", "a=b", id="inner equals sign"),
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+16125550103", "'+16125550103", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("\r=1", "'\r=1", id="carriage return"),
        pytest.param("\nx", "'\nx", id="line feed"),
        pytest.param("  =1", "'  =1", id="after spaces"),
        pytest.param("\u00a0=1", "'\u00a0=1", id="after no-break space"),
        pytest.param("\u200b=1", "'\u200b=1", id="after zero-width space"),
        pytest.param("\u3000@A1", "'\u3000@A1", id="after ideographic space"),
        pytest.param(" \u200b \ufeff-2", "' \u200b \ufeff-2", id="after a mixture"),
        pytest.param("＝1", "'＝1", id="full-width equals"),
        pytest.param("'=1", "'=1", id="already quoted"),
    ],
)
def test_no_cell_is_taken_for_a_formula(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


def test_rows_are_rfc_4180_with_crlf() -> None:
    data = header(LOG, CSV) + logged(PHONE)
    assert data.count(b"\r\n") == 3
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_every_documented_column_is_filled_for_a_living_person() -> None:
    first = parsed(logged(PHONE))[0]
    assert list(first) == list(COLUMNS[LOG])
    assert {name for name, value in first.items() if not value} == {"provider_at", "previous_hash"}
    assert first["phone"] == "'+16125550103"


def test_a_brand_wide_event_names_no_programme() -> None:
    assert parsed(logged())[1]["programme_id"] == ""


def test_an_erased_person_keeps_the_chain_and_loses_number_and_evidence() -> None:
    (event, _), *_ = without_evidence(chain((EventType.REQUESTED, DEALS)))
    row = parsed(written(LOG, CSV, [event_row(event, None, None, PLACE)]))[0]
    assert (row["phone"], row["evidence"], row["evidence_salt"]) == ("", "", "")
    assert row["hash"] == event.hash


def test_a_row_holds_all_that_its_hash_was_made_of() -> None:
    row = parsed(logged())[0]
    evidence = bytes([2]) + bytes.fromhex(row["evidence_salt"]) + row["evidence"].encode()
    assert hashlib.sha256(evidence).hexdigest() == row["evidence_digest"]
    event = {
        "schema": 1,
        "subscriber_key": row["subscriber_key"],
        "seq": int(row["seq"]),
        "type": row["type"],
        "at": row["event_at"],
        "source": row["source"],
        "programme_id": row["programme_id"] or None,
        "epoch": int(row["epoch"]),
        "evidence_digest": row["evidence_digest"],
        "previous_hash": row["previous_hash"],
        "provider_at": row["provider_at"] or None,
        "facts": json.loads(row["facts"]),
    }
    body = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(bytes([0]) + body).hexdigest() == row["hash"]

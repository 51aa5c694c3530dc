"""Rows as files: CSV that no spreadsheet takes for a formula, and JSON Lines.

CSV is RFC 4180 with CRLF, UTF-8 and a header. What a form or a phone sent is hostile text, so each
cell is made safe here, in the one place that writes cells.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.events import canonical
from assent.evidence.datasets import COLUMNS, FileFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.datasets import Dataset, Row
    from assent.phone import PhoneNumber

# OWASP "CSV Injection": these first characters start a formula, the full-width forms too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets skip what looks blank before they decide; `str.strip` knows NBSP but not these.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def safe_cell(text: str) -> str:
    """Return `text`, prefixed with an apostrophe if a spreadsheet could run it as a formula."""
    shown = text.lstrip(" \u00a0" + _INVISIBLE)
    risky = shown.startswith(_FORMULA_STARTS) or shown.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text


def header(dataset: Dataset, file_format: FileFormat) -> bytes:
    """Return what a file of this set begins with."""
    return _csv([COLUMNS[dataset]]) if file_format is FileFormat.CSV else b""


def written(dataset: Dataset, file_format: FileFormat, rows: Sequence[Row]) -> bytes:
    """Return the rows as lines of a file."""
    columns = list(COLUMNS[dataset])
    if file_format is FileFormat.JSONL:
        return b"".join(json_line({name: row[name] for name in columns}) for row in rows)
    return _csv([safe_cell(_text(row[name])) for name in columns] for row in rows)


def json_line(row: Row) -> bytes:
    """Return one line of JSON in the order of its columns."""
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def event_row(
    event: ConsentEvent, evidence: Evidence | None, phone: PhoneNumber | None, place: Row
) -> Row:
    """Return an event as a row; `place` has its digest and leaf."""
    return {
        "event_at": iso(event.at),
        "provider_at": iso(event.provider_at) if event.provider_at else None,
        "phone": phone.e164 if phone else None,
        "subscriber_key": event.subscriber_key,
        "seq": event.seq,
        "programme_id": event.programme_id,
        "type": event.type.value,
        "source": event.source.value,
        "epoch": event.epoch,
        "facts": dict(event.facts),
        "evidence": dict(evidence.facts) if evidence else None,
        "evidence_salt": evidence.salt if evidence else None,
        "evidence_digest": event.evidence_digest,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
        **place,
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return canonical(value).decode()
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()

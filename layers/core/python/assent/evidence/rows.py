"""The consent log as CSV: which columns, and cells that no spreadsheet takes for a formula.

RFC 4180 with CRLF, UTF-8 and a header. What a form or a phone sent is hostile text, so each cell is
made safe here, in the one place that writes cells.
"""

from __future__ import annotations

import csv
import io
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.events import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assent.evidence.export import LoggedEvent
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "event_at": "When the server recorded it; ISO 8601, UTC, microseconds.",
        "provider_at": "When the carrier took the person's text; empty for other sources.",
        "phone": "E.164, written '+… (the apostrophe keeps spreadsheets from reading a formula); "
        "empty once erased.",
        "subscriber_key": "The keyed hash that stands for the number.",
        "seq": "The event's place in this person's history, from 1.",
        "programme_id": "Empty: the event concerns every programme of the brand.",
        "type": "requested, request_declined, confirmation_texted, confirmed, withdrawn, started, "
        "start_refused, expired, held or released.",
        "source": "form, inbound_sms, code, provider, staff or schedule.",
        "epoch": "Counts requests and withdrawals; a code or link is bound to one.",
        "facts": "Impersonal facts as canonical JSON: reason, disclosure, claims in flight.",
        "evidence": "Personal proof as canonical JSON: page, IP, wording, reply verbatim; empty "
        "once erased.",
        "evidence_salt": "Hex; SHA-256(0x02, salt, evidence) is the digest. Empty once erased.",
        "evidence_digest": "What the event commits to in place of its evidence; hex.",
        "previous_hash": "The hash of this person's event before this one; empty for the first.",
        "hash": "SHA-256(0x00, canonical JSON of the event); hex.",
    }
)

# OWASP "CSV Injection": these first characters start a formula, the full-width forms too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets skip what looks blank before they decide; `str.strip` knows NBSP but not these.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def safe_cell(text: str) -> str:
    """Return `text`, prefixed with an apostrophe if a spreadsheet could run it as a formula."""
    shown = text.lstrip(" \u00a0" + _INVISIBLE)
    risky = shown.startswith(_FORMULA_STARTS) or shown.lstrip().startswith(_FORMULA_STARTS)
    return f"'{text}" if risky else text


def csv_header() -> bytes:
    """Return the header line."""
    return _lines([COLUMNS])


def csv_rows(events: Iterable[LoggedEvent], phones: Mapping[SubscriberKey, PhoneNumber]) -> bytes:
    """Return one line per event; the number of a key that `phones` lacks is left empty."""
    return _lines(_cells(logged, phones.get(logged.event.subscriber_key)) for logged in events)


def _cells(logged: LoggedEvent, phone: PhoneNumber | None) -> list[str]:
    event, evidence = logged.event, logged.evidence
    cells: dict[str, str] = {
        "event_at": iso(event.at),
        "provider_at": iso(event.provider_at) if event.provider_at else "",
        "phone": phone.e164 if phone else "",
        "subscriber_key": event.subscriber_key,
        "seq": str(event.seq),
        "programme_id": event.programme_id or "",
        "type": event.type.value,
        "source": event.source.value,
        "epoch": str(event.epoch),
        "facts": canonical(event.facts).decode(),
        "evidence": canonical(evidence.facts).decode() if evidence else "",
        "evidence_salt": evidence.salt if evidence else "",
        "evidence_digest": event.evidence_digest,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
    return [safe_cell(cells[column]) for column in COLUMNS]


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()

"""A number's story in the order in which it happened: what was agreed to and what was texted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.clock import parse_iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_EVENTS: Mapping[str, str] = {
    "requested": "Signed up",
    "request_declined": "Sign-up not followed up",
    "confirmation_texted": "Asked to confirm by text",
    "confirmed": "Said yes",
    "withdrawn": "Opted out",
    "started": "Opted in again",
    "start_refused": "START not counted: a later STOP was there",
    "expired": "Did not answer in time",
    "held": "Texts held until a person read the reply",
    "released": "Texts no longer held",
    "preferences_changed": "Changed their choices",
    "reminded": "Reminded to confirm",
    "reconfirmation_asked": "Asked whether they still want texts",
    "reconfirmed": "Said yes again",
    "erased": "Personal data erased",
    "restricted": "Use of the data restricted",
    "restriction_lifted": "Restriction lifted",
    "legal_hold_set": "Put under legal hold",
    "legal_hold_lifted": "Legal hold lifted",
    "erasure_queued": "Erasure waits for a legal hold",
}
_SOURCES: Mapping[str, str] = {
    "form": "sign-up form",
    "inbound_sms": "text from their phone",
    "code": "code from a text",
    "link": "link from a text",
    "provider": "phone company",
    "staff": "staff",
    "schedule": "by itself, on schedule",
    "import": "import",
}
_REPLIES = ("reply", "body", "text", "message")
_YES = frozenset({"confirmed", "started", "reconfirmed"})
_NO = frozenset({"withdrawn", "expired", "erased", "start_refused", "held", "restricted"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `mood` is a class of the style sheet; `bubble` is what was written,
    `is_theirs` by the person; `evidence` and `proof` are shown on demand."""

    at: datetime
    title: str
    source: str
    programme: str
    mood: str
    bubble: str
    is_theirs: bool
    evidence: tuple[tuple[str, str], ...]
    proof: tuple[tuple[str, str], ...]
    is_intact: bool
    is_erased: bool


def timeline(
    events: Iterable[Mapping[str, Any]], texts: Iterable[Mapping[str, Any]]
) -> list[Entry]:
    """Return events and texts of the API as one list, oldest first."""
    found = [*map(_event, events), *map(_text, texts)]
    return sorted(found, key=lambda each: each.at)


def _event(event: Mapping[str, Any]) -> Entry:
    evidence, kind = event["evidence"], event["type"]
    reply = next((str(evidence[n]) for n in _REPLIES if evidence and evidence.get(n)), "")
    is_reply = bool(reply) and event["source"] == "inbound_sms"
    return Entry(
        at=parse_iso(event["at"]),
        title=_EVENTS.get(kind, _words(kind)),
        source=_SOURCES.get(event["source"], _words(event["source"])),
        programme=event["programme_id"] or "every programme",
        mood="is-yes" if kind in _YES else "is-no" if kind in _NO else "",
        bubble=reply if is_reply else "",
        is_theirs=is_reply,
        evidence=_pairs({**event["facts"], **(evidence or {})}),
        proof=(
            ("Place in the history", str(event["seq"])),
            ("Hash", event["hash"]),
            ("Hash before it", event["previous_hash"]),
            ("Hash of the evidence", event["evidence_digest"]),
        ),
        is_intact=event["is_intact"],
        is_erased=evidence is None,
    )


def _text(text: Mapping[str, Any]) -> Entry:
    outcome = _words(text["outcome"])
    shown = {
        "Outcome": outcome,
        "Reason": text["reason"],
        "Campaign": text["campaign_id"],
        "Parts": text["parts"],
        "Message id": text["message_id"],
        "Provider's id": text["provider_message_id"],
    }
    is_sent = text["outcome"] == "sent"
    return Entry(
        at=parse_iso(text["sent_at"]),
        title=f"Text to them: {outcome.lower()}",
        source=_words(text["purpose"]).lower(),
        programme=text["programme_id"] or "no programme",
        mood="" if is_sent else "is-no",
        bubble=text["body"],
        is_theirs=False,
        evidence=_pairs(shown),
        proof=(),
        is_intact=True,
        is_erased=False,
    )


def _pairs(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((_words(name), str(value)) for name, value in facts.items() if value is not None)


def _words(name: str) -> str:
    text = name.replace("_", " ").replace("ip", "IP") if name == "ip" else name.replace("_", " ")
    return text[:1].upper() + text[1:]

"""The page of a dossier: one file that needs nothing else, to read on a phone or print on A4.

No script and nothing loaded: the page must open the same in ten years, and what strangers typed
stands in it. Its own policy forbids whatever a mistake might let in.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from assent.campaigns.trace import is_whole, unpacked
from assent.messages.ledger import Purpose
from assent.web import dossier_words as words
from assent.web.pages import template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.evidence.history import HistoryEntry
    from assent.messages.ledger import LedgerRow
    from assent.papers.dossier import Dossier, Silence

# What passes between a form and a yes.
_EXCHANGE = frozenset(
    {
        *("requested", "request_declined", "confirmation_texted", "reminded", "confirmed"),
        *("reconfirmation_asked", "reconfirmed", "started", "start_refused", "expired"),
    }
)
_EXCHANGED = frozenset(
    {
        *(Purpose.CONFIRMATION, Purpose.CONFIRMED_REPLY, Purpose.REMINDER),
        Purpose.RECONFIRMATION,
    }
)
_LABELS = {
    "ip": "IP address",
    "page_url": "Page",
    "page": "Page",
    "user_agent": "Browser",
    "phone_as_typed": "Number as typed",
    "country_chosen": "Country chosen",
    "box_ticked": "Box ticked",
    "reply": "Reply, word for word",
    "text": "Text",
    "pressed": "Button pressed",
    "disclosure_version": "Wording shown, version",
    "disclosure_digest": "Wording shown, SHA-256",
    "disclosure_locale": "Wording shown, language",
    "expires_at": "To be answered by",
    "in_flight": "Campaigns whose text was under way",
    "result_of": "Follows from event",
}
_SECTIONS = (
    ("now", "Where consent stood"),
    ("shown", "What the person was shown"),
    ("exchange", "How consent was asked for and given"),
    ("outs", "Opt-outs"),
    ("texts", "Every text"),
    ("silences", "Campaigns that did not text this number"),
    ("replies", "What the person wrote to us"),
    ("events", "Every consent event, with its proof"),
    ("staff", "Who of the staff looked"),
    ("check", "How to check this record"),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One step of an exchange, ours or theirs."""

    at: datetime
    what: str
    is_ours: bool
    quote: str = ""
    note: str = ""


def dossier_page(dossier: Dossier) -> str:
    """Return the page as HTML."""
    names = {each: programme.name for each, programme in dossier.programmes.items()}
    campaigns = {each: found.definition.name for each, found in dossier.campaigns.items()}
    return template("dossier.html").render(
        d=dossier,
        w=words,
        moment=words.moment,
        said=words.said,
        name_of=lambda each: names.get(each, each),
        campaign_of=lambda each: campaigns.get(each, each),
        brands=sorted({each.brand for each in dossier.programmes.values()}),
        exchange=_exchange(dossier),
        sections=_SECTIONS,
        summary=_summary,
        events_in=_events_in,
        rules_of=_rules_of,
        facts_of=_facts_of,
        past_rules=_past_rules,
        opt_outs=[e for e in dossier.entries if e.event.type.value in ("withdrawn", "erased")],
        is_broken=not all(e.is_intact for e in dossier.entries),
        css=Markup(_css()),  # noqa: S704 - our own file, without a "<"
        policy=_policy(),
    )


def _summary(dossier: Dossier) -> str:
    """Return the first thing to know."""
    if not dossier.entries and not dossier.texts:
        return "Nothing was ever recorded for this number."
    marketing = sum(row.purpose is Purpose.CAMPAIGN for row in dossier.texts)
    told = [
        _counted(len(dossier.entries), "consent event"),
        _counted(len(dossier.texts), "text") + f", of which {marketing} marketing",
        _counted(len(dossier.silences), "campaign") + " that did not text",
        _counted(len(dossier.replies), "reply", "replies"),
    ]
    return f"This record has {', '.join(told[:-1])}, and {told[-1]}."


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _events_in(seqs: Sequence[int]) -> str:
    named = ", ".join(map(str, seqs))
    return f"event {named}" if len(seqs) == 1 else f"events {named}"


def _exchange(dossier: Dossier) -> list[_Line]:
    told = [_event_line(e) for e in dossier.entries if e.event.type.value in _EXCHANGE]
    texts = [_text_line(row) for row in dossier.texts if row.purpose in _EXCHANGED]
    return sorted(told + texts, key=lambda line: line.at)


def _event_line(entry: HistoryEntry) -> _Line:
    event, proof = entry.event, entry.evidence.facts if entry.evidence else {}
    what = words.said(words.EVENTS, event.type.value)
    quote = str(proof.get("reply") or proof.get("text") or "")
    note = words.said(words.SOURCES, event.source.value)
    ours = ("confirmation_texted", "reminded", "reconfirmation_asked", "expired")
    is_ours = event.type.value in ours
    return _Line(event.at, what, is_ours, quote, "" if is_ours else note)


def _text_line(row: LedgerRow) -> _Line:
    outcome = words.said(words.OUTCOMES, row.outcome.value)
    return _Line(
        row.claimed_at, words.said(words.PURPOSES, row.purpose.value), True, row.body, outcome
    )


def _rules_of(row: LedgerRow) -> Sequence[tuple[bool, str]]:
    if row.decision is None:
        return ()
    told = [(each.passed, words.rule_sentence(each)) for each in unpacked(row.decision)]
    rest = [] if is_whole(row.decision) else [(True, "Further limits were met too.")]
    return [*told, *rest]


def _past_rules(silence: Silence) -> Sequence[tuple[bool, str, str]]:
    return [
        (
            each.check.passed,
            words.rule_sentence(each.check),
            " and ".join(words.said(words.UNKNOWN, name) for name in each.as_of_now),
        )
        for each in silence.decision.checks
    ]


def _facts_of(facts: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    return [(words.said(_LABELS, name), _value(value)) for name, value in facts.items()]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value)) or "None"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_value(inner)}" for name, inner in value.items())
    return "None" if value in (None, "") else str(value)


@functools.cache
def _css() -> str:
    return (resources.files("assent.web") / "dossier.css").read_text(encoding="utf-8").strip()


@functools.cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; base-uri 'none'"

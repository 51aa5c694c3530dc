"""What is held about a person, and their own history with a receipt for each entry.

The receipt is the event's place and hash: with it a person can later show that an entry was there,
and a reviewer finds it in an export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import EventType
from assent.web.pages import Page
from assent.web.words import language_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.choices.own_data import OwnPage
    from assent.consent.events import ConsentEvent, Evidence
    from assent.web.words import Words

# Some thirty entries with their proof keep the page under 30 KB on a phone's bad line.
SHOWN_ENTRIES = 20
_SHOWN_LENGTH = 160
_ALL = ""
_OURS = (EventType.CONFIRMATION_TEXTED, EventType.REMINDED, EventType.RECONFIRMATION_ASKED)


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """One event as a row; `type` and `source` are words already."""

    seq: int
    hash: str
    at: datetime
    type: str
    source: str
    programme: str
    proof: tuple[tuple[str, str], ...]


def held_page(
    words: Words, page: OwnPage, history: Sequence[tuple[ConsentEvent, Evidence | None]]
) -> Page:
    """Return the page of all that is held; of a long history the newest entries."""
    names = {each.programme.programme_id: each.programme.name for each in page.subscriptions}
    shown = history[-SHOWN_ENTRIES:]
    entries = [
        HeldEntry(
            seq=event.seq,
            hash=event.hash,
            at=event.provider_at or event.at,
            type=words.named("event", event.type.value),
            source=_source(words, event),
            programme=names.get(event.programme_id, event.programme_id)
            if event.programme_id
            else _ALL,
            proof=_told(words, evidence.facts) if evidence else (),
        )
        for event, evidence in reversed(shown)
    ]
    phone = page.standing.phone if page.standing else None
    values = {
        "title": words("data_title"),
        "brand": page.programme.brand,
        "view": "data",
        "page": page,
        "ending": str(phone)[-2:] if phone else "",
        "profile": _told(words, _spoken(page.profile.values)),
        "entries": entries,
        "older": len(history) - len(shown),
    }
    return Page("own_data.html", words, values)


def _source(words: Words, event: ConsentEvent) -> str:
    """Return through which door it came; texts of ours came through none."""
    return "" if event.type in _OURS else words.named("source", event.source.value)


def _told(words: Words, facts: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    told = ((name, _value(words, value)) for name, value in facts.items())
    return tuple((name, value) for name, value in told if value)


def _spoken(profile: Mapping[str, object]) -> Mapping[str, object]:
    """Return the profile with its language by name: `en` is a code, not a word."""
    locale = profile.get("locale")
    return {**profile, "locale": language_name(locale)} if isinstance(locale, str) else profile


def _value(words: Words, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return words("yes" if value else "no")
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"

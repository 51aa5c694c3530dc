"""How a text from a phone is read: as a keyword, as a plain request to stop, or by a person.

Consent is only ever an exact word; a wish to stop is looked for in every way it may be put; and
what is neither, but looks like it, is held for a person. The words are data with their sources
(`data/keywords.json`, `data/phrases.json`). Any clear wish to stop counts: 47 CFR
64.1200(a)(10)-(11); CTIA Messaging Principles 5.1.3.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import Any

from assent.inbound.normalise import look_alike, normalise


class Action(StrEnum):
    """What a text asks for. `review`: it may be a wish to stop; marketing rests until read."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CONFIRM = "confirm"
    HELP = "help"
    REVIEW = "review"
    FEEDBACK = "feedback"


class Tier(StrEnum):
    """By what the text was understood: `exact` word, `phrase`, a mere `token`, or `none`."""

    EXACT = "exact"
    PHRASE = "phrase"
    TOKEN = "token"  # noqa: S105 - a word of the text, no secret
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text was read; `keyword` is the word or phrase that decided, `language` the word's."""

    action: Action
    tier: Tier
    keyword: str | None = None
    language: str = "en"


_FEEDBACK = Reading(Action.FEEDBACK, Tier.NONE)
# Words that say stop and hardly anything else; others (END, CANCEL) count as a whole message only.
_STANDALONE = frozenset({"stop", "stopall", "unsubscribe", "unsub", "optout", "revoke", "arret"})
_OTHER_KEYWORDS = frozenset({"help", "info", "aide", "start", "unstop", "quit", "end", "cancel"})
_CONSENTING = (Action.OPT_IN, Action.CONFIRM)


@dataclass(frozen=True, slots=True)
class _Words:
    """The data files, ready to be matched."""

    exact: dict[str, Reading]
    exact_in: dict[tuple[str, str], Reading]
    patterns: tuple[tuple[re.Pattern[str], Reading], ...]
    disabled_stops: dict[str, str]
    fillers: frozenset[str]
    courtesies: re.Pattern[str]
    phrases: tuple[re.Pattern[str], ...]
    whole: frozenset[str]
    undone_before: re.Pattern[str]
    undone_after: re.Pattern[str]
    review_tokens: frozenset[str]
    near_stop: frozenset[str] = field(default_factory=frozenset)


def classify(body: str, country: str | None = None) -> Reading:
    """Return how `body` reads; `country` (of the sender) enables words used only there."""
    plain = normalise(body)
    if not plain:
        return _FEEDBACK
    words = _words()
    copy = look_alike(plain)
    return (
        _exact(plain, copy, country, words)
        or _plain_request(copy, words)
        or _stop_like(plain, copy, words)
        or _FEEDBACK
    )


def _exact(plain: str, copy: str, country: str | None, words: _Words) -> Reading | None:
    """The whole message, less courtesies, is a keyword. A look-alike of one is never a consent."""
    polite = " ".join(words.courtesies.sub(" ", plain).split())
    for text in (plain, polite):
        reading = words.exact.get(text) or words.exact_in.get((text, country or ""))
        if reading is not None:
            return reading
    for text in (plain, polite):
        for pattern, reading in words.patterns:
            if pattern.fullmatch(text):
                return reading
    disguised = words.exact.get(" ".join(words.courtesies.sub(" ", copy).split()))
    return disguised if disguised and disguised.action not in _CONSENTING else None


def _plain_request(text: str, words: _Words) -> Reading | None:
    tokens = [token for token in text.split() if token not in words.fillers]
    said = set(tokens)
    if said & _STANDALONE and said <= _STANDALONE | _OTHER_KEYWORDS:
        return _opt_out(min(said & _STANDALONE))
    polite = " ".join(words.courtesies.sub(" ", text).split())
    if {text, polite, " ".join(tokens)} & words.whole:
        return _opt_out(text)
    for pattern in words.phrases:
        for match in pattern.finditer(text):
            if not _is_undone(text, match, words):
                return _opt_out(match.group())
    if len(said) == 1 and _is_mistyped(tokens[0], words):
        return _opt_out(tokens[0])
    return None


def _is_undone(text: str, match: re.Match[str], words: _Words) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    return bool(words.undone_before.search(before) or words.undone_after.match(after))


def _is_mistyped(token: str, words: _Words) -> bool:
    """Two letters of STOP swapped, one doubled, or one slip in a long word."""
    swapped = {"tsop", "sotp", "stpo"}
    doubled = {"sstop", "sttop", "stopp"}
    return token in swapped | doubled or any(_is_one_slip(token, w) for w in ("unsubscribe",))


def _stop_like(plain: str, copy: str, words: _Words) -> Reading | None:
    """Something like a stop in words not understood: marketing rests until a person has read it."""
    for text in (plain, copy):
        if text in words.disabled_stops:
            return Reading(Action.REVIEW, Tier.TOKEN, text, words.disabled_stops[text])
    tokens = copy.split()
    near = {t for t in tokens if t not in words.near_stop and _is_one_slip(t, "stop")}
    found = sorted(set(tokens) & words.review_tokens) or (sorted(near) if len(tokens) == 1 else [])
    return Reading(Action.REVIEW, Tier.TOKEN, found[0]) if found else None


def _is_one_slip(token: str, word: str) -> bool:
    """Return whether one letter added, lost, changed or swapped turns `token` into `word`."""
    if token == word or abs(len(token) - len(word)) > 1:
        return False
    start = 0
    while start < min(len(token), len(word)) and token[start] == word[start]:
        start += 1
    left, right = token[start:], word[start:]
    swapped = left[1:2] + left[:1] + left[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped == right


def _opt_out(phrase: str) -> Reading:
    language = "fr" if phrase == "arret" else "en"
    return Reading(Action.OPT_OUT, Tier.PHRASE, phrase, language)


@functools.cache
def _words() -> _Words:
    rows, told = _data("keywords.json")["keywords"], _data("phrases.json")
    enabled = [row for row in rows if row["enabled"]]
    stops = [row for row in rows if row["action"] == "opt_out" and row["status"] == "unverified"]
    return _Words(
        exact={
            normalise(row["keyword"]): _reading(row)
            for row in reversed(enabled)
            if "countries" not in row and "pattern" not in row
        },
        exact_in={
            (normalise(row["keyword"]), country): _reading(row)
            for row in enabled
            for country in row.get("countries", ())
        },
        patterns=tuple(
            (re.compile(row["pattern"]), _reading(row)) for row in enabled if "pattern" in row
        ),
        disabled_stops={normalise(row["keyword"]): row["language"] for row in stops},
        fillers=frozenset(told["fillers"]),
        courtesies=re.compile(rf"\b(?:{_any(told['courtesies'])})\b"),
        phrases=_phrases(told),
        whole=frozenset(told["whole_messages"]),
        undone_before=re.compile(rf"\b(?<!if you )(?:{_any(told['undoing_before'])})(?: \w+)?? $"),
        undone_after=re.compile(rf" (?:{_any(told['undoing_after'])})\b"),
        review_tokens=frozenset(told["review_tokens"]),
        near_stop=frozenset(told["real_words_near_stop"]),
    )


def _phrases(told: dict[str, Any]) -> tuple[re.Pattern[str], ...]:
    verb, closing = _any(told["stop_verbs"]), _any(told["closing_verbs"])
    between = rf"(?: (?:{_any(told['between'])}))"
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"\b(?:{verb}){between}{{0,2}} (?:{_any(told['doings'])})\b",
            rf"\b(?:{verb}){between}{{0,4}}(?: \w+)?? (?:{_any(told['objects'])})\b",
            rf"\b(?:{closing}){between}{{0,3}} (?:{_any(told['closing_objects'])})\b",
            rf"\b(?:{_any(told['phrases'])})\b",
            rf"\b(?:{_any(told['ending_phrases'])})$",
        )
    )


def _reading(row: dict[str, Any]) -> Reading:
    return Reading(Action(row["action"]), Tier.EXACT, row["keyword"], row["language"])


def _any(phrases: list[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _data(name: str) -> dict[str, Any]:
    source = resources.files("assent.inbound") / "data" / name
    loaded: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return loaded

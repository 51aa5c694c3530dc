"""The keyword table: which words, as a whole message, are a command.

The words are data (`data/keywords.json`) with language, country, match, status and source, so that
a lawyer can read them and a programmer need not be asked. Words that nobody vouches for are off,
and one of them that would be a stop sends the message to a person.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from assent.inbound.normalise import normalise
from assent.inbound.reading import Action, Reading, Tier, opt_out, perhaps
from assent.inbound.slips import is_one_slip

_CONSENTING = (Action.OPT_IN, Action.CONFIRM)
_SHORTEST_MISTYPED = 4
_SPELT_IN_FULL = 4


@dataclass(frozen=True, slots=True)
class KeywordTable:
    """The enabled rows ready for look-up, and the disabled opt-out words by language."""

    everywhere: dict[str, Reading]
    in_country: dict[tuple[str, str], Reading]
    patterns: tuple[tuple[re.Pattern[str], Reading], ...]
    disabled_stops: dict[str, str]
    courtesies: re.Pattern[str]
    real_words: frozenset[str]
    mistypable: tuple[str, ...]

    def exact(self, plain: str, copy: str, country: str | None) -> Reading | None:
        """Return the command that the whole message is, less courtesies; `copy` is the message
        with look-alikes folded, which is never a consent."""
        for text in (plain, self._polite(plain)):
            reading = self.everywhere.get(text) or self.in_country.get((text, country or ""))
            if reading is not None:
                return reading
            for pattern, found in self.patterns:
                if pattern.fullmatch(text):
                    return found
        disguised = self.everywhere.get(self._polite(copy))
        return disguised if disguised and disguised.action not in _CONSENTING else None

    def mistyped(self, copy: str) -> Reading | None:
        """Return what a message that is a keyword but for one slip asks for; consent never."""
        token = self._polite(copy).replace(" ", "")
        if token in self.real_words or not token.isalpha():
            return None
        for word in self.mistypable:
            if is_one_slip(token, word):
                # Three letters are too few to tell a slip in STOP from a word of another kind.
                enough = len(token) >= _SPELT_IN_FULL
                return opt_out(word) if enough else perhaps(token)
        is_swapped = is_one_slip(token, "help") and sorted(token) == sorted("help")
        return Reading(Action.HELP, Tier.TOKEN, "HELP") if is_swapped else None

    def disabled_stop(self, *texts: str) -> Reading | None:
        """Return a reading for a person if one of `texts` is a stop word that is switched off."""
        found = next((text for text in texts if text in self.disabled_stops), None)
        return perhaps(found, self.disabled_stops[found]) if found is not None else None

    def _polite(self, text: str) -> str:
        return " ".join(self.courtesies.sub(" ", text).split())


@functools.cache
def keyword_table() -> KeywordTable:
    """Return the table of `data/keywords.json`."""
    told = data("keywords.json")
    rows = told["keywords"]
    enabled = [row for row in rows if row["enabled"]]
    whole = [row for row in enabled if row["match"] == "whole_message"]
    stops = [row for row in rows if row["action"] == "opt_out" and row["status"] == "unverified"]
    english = {normalise(r["keyword"]) for r in whole if r["action"] == "opt_out" and _english(r)}
    courtesies = "|".join(sorted(told["courtesies"], key=len, reverse=True))
    return KeywordTable(
        everywhere={normalise(row["keyword"]): _reading(row) for row in reversed(whole)},
        in_country={
            (normalise(row["keyword"]), country): _reading(row)
            for row in enabled
            if row["match"] == "whole_message_in_country"
            for country in row["country"].split("/")
        },
        patterns=tuple(
            (re.compile(row["pattern"]), _reading(row)) for row in enabled if "pattern" in row
        ),
        disabled_stops={normalise(row["keyword"]): row["language"] for row in reversed(stops)},
        courtesies=re.compile(rf"\b(?:{courtesies})\b"),
        real_words=frozenset(told["real_words"]),
        mistypable=tuple(
            sorted({w.replace(" ", "") for w in english if len(w) >= _SHORTEST_MISTYPED})
        ),
    )


def _english(row: dict[str, Any]) -> bool:
    return bool(row["language"] == "en" and row["keyword"].replace(" ", "").isalpha())


def _reading(row: dict[str, Any]) -> Reading:
    return Reading(Action(row["action"]), Tier.EXACT, row["keyword"], row["language"])


def data(name: str) -> dict[str, Any]:
    """Return one of this package's data files."""
    source = resources.files("assent.inbound") / "data" / name
    loaded: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return loaded

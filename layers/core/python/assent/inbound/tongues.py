"""Requests to stop in Spanish, French and German, put in a person's own words.

Each tongue is data (`data/tongues.json`): what is said of sending, texts, lists and wishes, the
frames in which these make a request, and what takes a request back. Apart from `phrases.py`
because English spelling would spoil their words.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.inbound.grammar import Grammar
from assent.inbound.normalise import sentences
from assent.inbound.reading import Action, opt_out, perhaps, taken_back
from assent.inbound.slips import Corrector
from assent.inbound.table import data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assent.inbound.reading import Reading

_APOSTROPHE = re.compile("(?<=\\w)['\u2019\u02bc`\u00b4](?=\\w)")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: its spelling, its requests, and what takes one back."""

    language: str
    spelling: Mapping[str, str]
    corrector: Corrector
    requests: Grammar
    held: Grammar
    undone_before: re.Pattern[str]
    undone_after: re.Pattern[str]
    anywhere: re.Pattern[str]

    def read(self, sentence: str) -> Reading | None:
        """Return how a sentence, as normalised words, reads; None if it is like no request."""
        spelt = " " + " ".join(self._spelt(word) for word in sentence.split())
        undone = None
        for found in self.requests.find(spelt):
            if not self._is_undone(spelt, found):
                return opt_out(found.group(), self.language)
            undone = found.group()
        if undone:
            return taken_back(undone, self.language)
        like = self.held.first(spelt)
        return perhaps(like, self.language) if like else None

    def _spelt(self, word: str) -> str:
        return self.spelling.get(word) or self.corrector.corrected(word)

    def _is_undone(self, sentence: str, found: re.Match[str]) -> bool:
        before, after = sentence[: found.start()], sentence[found.end() :]
        return bool(
            self.undone_before.search(before)
            or self.undone_after.search(after)
            or self.anywhere.search(sentence)
        )


def in_other_tongues(body: str) -> Reading | None:
    """Return the reading of a request to stop in another language than English, or of what is
    like one; None if nothing is. A request anywhere goes before what is only like one."""
    parted = sentences(_APOSTROPHE.sub(" ", body))
    joined = [" ".join(clauses) for clauses in parted]
    readings = list(_readings(joined))
    asked = (reading for reading in readings if reading.action is Action.OPT_OUT)
    return next(asked, None) or next(iter(readings), None)


def _readings(joined: list[str]) -> Iterator[Reading]:
    for tongue in tongues():
        for sentence in joined:
            reading = tongue.read(sentence)
            if reading is not None:
                yield reading


@functools.cache
def tongues() -> tuple[Tongue, ...]:
    """Return the languages of `data/tongues.json`."""
    return tuple(_tongue(told) for told in data("tongues.json")["tongues"])


def _tongue(told: dict[str, Any]) -> Tongue:
    return Tongue(
        language=told["language"],
        spelling=told["spelling"],
        corrector=Corrector(told["correctable"], told["real_words"]),
        requests=Grammar(told["requests"], told["classes"]),
        held=Grammar(told["held"], told["classes"]),
        undone_before=re.compile(told["undone_before"]),
        undone_after=re.compile(told["undone_after"]),
        anywhere=re.compile(told["anywhere"]),
    )

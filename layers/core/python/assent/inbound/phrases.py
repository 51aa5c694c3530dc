"""Requests to stop in a person's own words, and what might be one.

The grammar is data (`data/phrases.json`). A request stops at once unless its own sentence takes it
back (`don't stop`) or narrows it (`at night`, `from e-mail`): then, as whenever the words are only
like a stop or in a language nobody has vouched for, a person reads it while marketing rests.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.inbound.grammar import Grammar
from assent.inbound.intent import Intent
from assent.inbound.reading import opt_out, perhaps, taken_back
from assent.inbound.slips import Corrector
from assent.inbound.table import data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assent.inbound.reading import Reading

_WORDS_AFTER = 4
_DENIAL = 2
_LANGUAGE_OF = {"arret": "fr"}


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One way to write what people write in several."""

    words: Mapping[str, str]
    phrases: Mapping[str, str]
    any_phrase: re.Pattern[str]
    noise: frozenset[str]
    corrector: Corrector

    def words_of(self, clause: str) -> list[str]:
        """Return the words of `clause` with the usual slips put right."""
        return [self.words.get(w) or self.corrector.corrected(w) for w in clause.split()]

    def of(self, clause: str) -> str:
        text = " ".join(token for token in self.words_of(clause) if token not in self.noise)
        text = self.any_phrase.sub(lambda match: self.phrases[match.group()], text)
        return " ".join(self.any_phrase.sub(lambda m: self.phrases[m.group()], text).split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """The grammar of requests, ready to be looked for."""

    spelling: _Spelling
    requests: Grammar
    across: Grammar
    intent: Intent
    conditions: frozenset[str]
    whole: frozenset[str]
    endings: re.Pattern[str]
    courtesies: frozenset[str]
    fillers: frozenset[str]
    standalone: frozenset[str]
    beside: frozenset[str]
    undone_before: re.Pattern[str]
    subjects: re.Pattern[str]
    negation: re.Pattern[str]
    complaint: re.Pattern[str]
    narrowed: re.Pattern[str]
    topics: frozenset[str]
    guards: Grammar
    maybe: Grammar
    held_languages: Mapping[str, Grammar]

    def read(self, sentences: Sequence[Sequence[str]]) -> Reading | None:
        """Return how `sentences`, each its clauses, read; None where nothing is like a stop."""
        sentences = _run_together(sentences)
        spelt = [[self.spelling.of(clause) for clause in clauses] for clauses in sentences]
        whole = " ".join(clause for clauses in spelt for clause in clauses if clause)
        asked, undone = self._request(spelt, whole)
        asked = (
            asked
            or self._asked_at_the_end(sentences)
            or self.across.first(f" {whole}")
            or next(filter(None, map(self._intended, spelt)), None)
        )
        if asked and not self.guards.first(f" {whole}"):
            return opt_out(asked, _LANGUAGE_OF.get(asked, "en"))
        if asked or undone:
            return taken_back(asked or undone or "")
        return next(filter(None, map(self._perhaps, _joined(spelt))), None)

    def spelt(self, sentences: Sequence[Sequence[str]]) -> list[str]:
        """Return the clauses of `sentences` in one spelling."""
        return [self.spelling.of(clause) for clauses in sentences for clause in clauses]

    def _request(self, spelt: Sequence[Sequence[str]], whole: str) -> tuple[str | None, str | None]:
        """Return the words of a plain request, and those of one that was taken back."""
        if not self.whole.isdisjoint(self._bare(whole)):
            return whole, None
        standing = [self._standing_alone(clauses) for clauses in spelt]
        alone = next((word for word, _ in standing if word), None)
        if alone:
            return alone, None
        undone = next((denied for _, denied in standing if denied), None)
        for sentence in _joined(spelt):
            for found in self.requests.find(sentence):
                if not self._is_undone(sentence, found):
                    return found.group().strip(), None
                undone = found.group()
        return None, undone

    def _intended(self, clauses: Sequence[str]) -> str | None:
        """Return the words of a request that one of the clauses makes by itself."""
        for at, clause in enumerate(clauses):
            if at and clauses[at - 1].split(" ", 1)[0] in self.conditions:
                continue
            text = f" {clause}"
            for aim in self.intent.aims(text):
                if not self._is_undone_at(text, aim.start, aim.end):
                    return text[aim.start : aim.end].strip()
            for found in self.requests.find(text):
                if not self._is_undone(text, found):
                    return found.group().strip()
        return None

    def _standing_alone(self, clauses: Sequence[str]) -> tuple[str | None, str | None]:
        """Return the stop word of a clause that says hardly anything else, and that of one which
        the clause before denies (`don't, stop`)."""
        before, denied = "", None
        for clause in clauses:
            said = set(clause.replace("opt out", "optout").split()) - self.fillers
            alone = said & self.standalone and said <= self.standalone | self.beside
            is_denied = len(before.split()) <= _DENIAL and self.negation.search(f" {before}")
            if alone and not is_denied:
                return min(said & self.standalone), None
            denied = denied or (min(said & self.standalone) if alone else None)
            before = clause
        return None, denied

    def _asked_at_the_end(self, sentences: Sequence[Sequence[str]]) -> str | None:
        """Return `please stop` and its like at the end of a clause."""
        clauses = (
            f" {' '.join(self.spelling.words_of(clause))}"
            for clauses in sentences
            for clause in clauses
        )
        endings = ((clause, self.endings.search(clause)) for clause in clauses)
        return next(
            (end.group() for clause, end in endings if end and not self._is_undone(clause, end)),
            None,
        )

    def _bare(self, text: str) -> set[str]:
        """Return `text` as it stands, less courtesies, and less all that says little."""
        return {
            text,
            " ".join(token for token in text.split() if token not in self.courtesies),
            " ".join(token for token in text.split() if token not in self.fillers),
        }

    def _is_undone(self, sentence: str, found: re.Match[str]) -> bool:
        return self._is_undone_at(sentence, found.start(), found.end())

    def _is_undone_at(self, sentence: str, start: int, end: int) -> bool:
        before, request, after = sentence[:start], sentence[start:end], sentence[end:]
        if self.undone_before.search(before) or self.narrowed.match(after):
            return True
        if self.complaint.match(request) and self.subjects.search(before):
            return True
        near = request.split() + after.split()[:_WORDS_AFTER]
        return not self.topics.isdisjoint(near)

    def _perhaps(self, text: str) -> Reading | None:
        found = self.maybe.first(text)
        if found:
            return perhaps(found)
        for language, grammar in self.held_languages.items():
            found = grammar.first(text)
            if found:
                return perhaps(found, language)
        return None


@functools.cache
def phrases() -> Phrases:
    """Return the grammar of `data/phrases.json`."""
    told = data("phrases.json")
    classes, undoing = told["classes"], told["undoing"]
    negations = _any(undoing["negations"])
    return Phrases(
        spelling=_spelling(told),
        requests=Grammar(told["requests"], classes),
        across=Grammar(told["across"], classes),
        intent=Intent(
            told["intent"],
            frozenset((*told["intent"]["function"], *told["courtesies"], *told["noise"])),
        ),
        conditions=frozenset(["if", "when", "unless", "before", "until"]),
        whole=frozenset(told["whole_messages"]),
        endings=re.compile(rf" (?:{_any(told['ending_phrases'])})$"),
        courtesies=frozenset(told["courtesies"]),
        fillers=frozenset(told["fillers"]),
        standalone=frozenset(told["standalone"]) | {"optout"},
        beside=frozenset(told["beside_standalone"]),
        undone_before=_undone_before(undoing),
        subjects=re.compile(rf" (?:{_any(undoing['subjects'])})$"),
        negation=re.compile(rf" (?:{negations})(?: |$)"),
        complaint=re.compile(rf" (?:{_any(classes['neg'])}) (?:{_any(classes['contact'])}) "),
        narrowed=_narrowed(told["limits"]),
        topics=frozenset(told["topics"]),
        guards=Grammar(told["guards"], classes),
        maybe=Grammar(told["maybe"], classes),
        held_languages={
            each["language"]: Grammar(each["patterns"], classes) for each in told["held_languages"]
        },
    )


def _spelling(told: dict[str, Any]) -> _Spelling:
    return _Spelling(
        words=_clipped(told["classes"]) | told["spelling"],
        phrases=told["phrases_spelling"],
        any_phrase=re.compile(rf"(?<!\S)(?:{_any(told['phrases_spelling'])})(?!\S)"),
        noise=frozenset(told["noise"]),
        corrector=Corrector(told["correctable"], told["real_words"], told["swappable"]),
    )


def _clipped(classes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return `textin` for `texting` and its like."""
    words = (word for name in ("contacting", "got") for word in classes[name])
    return {word[:-1]: word for word in words if word.endswith("ing") and " " not in word}


def _undone_before(undoing: dict[str, list[str]]) -> re.Pattern[str]:
    """A negation or past question right before, or a hedge a few words before."""
    adverb, wish = _any(undoing["adverbs"]), _any(undoing["wishes"])
    negated = rf"(?:{_any(undoing['negations'])})(?: (?:{adverb}))?"
    verb = _any(undoing["verbs"])
    return re.compile(
        rf" (?:{negated} (?:{verb})(?: \S+){{0,2}}"
        rf"|{negated}(?: (?:{wish})(?:(?: (?:you|them|us|me|it|this))? to)?)?"
        rf"|(?:{_any(undoing['questions'])})"
        rf"|(?:{'|'.join(undoing['hedges'])})(?: \S+){{0,4}})$"
    )


def _narrowed(limits: list[str]) -> re.Pattern[str]:
    whom = r"(?: (?:me|us|this number|my number|this phone|my phone|number|to me))?"
    what = r"(?: (?:texts?|messages?|stuff|things|offers|them|it|anything))?"
    return re.compile(rf"{whom}{what} (?:{'|'.join(limits)})(?= |$)")


def _any(phrases: Sequence[str] | Mapping[str, str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _run_together(sentences: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Return `Take. Me. Off.` as one sentence."""
    words = [clause for clauses in sentences for clause in clauses]
    is_cut_up = len(set(words)) > _DENIAL and all(word.isalpha() for word in words)
    return [[" ".join(words)]] if is_cut_up else sentences


def _joined(sentences: Sequence[Sequence[str]]) -> list[str]:
    """Return each sentence as its words with a space before each."""
    return ["".join(f" {clause}" for clause in clauses if clause) for clauses in sentences]

"""How much the words of a text weigh for a wish to stop, where no rule knows the sentence.

Weights of words and their neighbours (`data/weights.json`), learnt from the labelled texts of the
tests by logistic regression: what nobody put in a pattern still counts. Plain sums, so that the
words that decided can be named in the record. Consent is never weighed.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.inbound.reading import opt_out, perhaps
from assent.inbound.table import data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assent.inbound.reading import Reading

_MOST_CLAUSES = 30
_MOST_WORDS = 60
_STEM = 5
_NAMED = 3
# Above these a text acts, where a rule already found it like a stop, or where none did; or it is
# held. Chosen on corpora that the weights had not seen; docs/inbound-matching.md has the figures.
_ACTS_WITH_A_HINT = 1.0
_ACTS_ALONE = 2.0
_HOLDS = 0.0
_QUESTION = re.compile(
    r"\W*(?:why|what|when|who|does|did|do|is|are|was|will|if|pourquoi|quand|est|warum|wieso|wann"
    r"|wenn|ist|por qu|porque|cuando|cu.ndo|si)\b",
    re.IGNORECASE,
)
# Whoever asks to be let in again is no stop, near as the words are.
_JOINING = re.compile(r"\b(?:re-?)?subscribe\b|\b(?:sign|add|put) (?:me|us)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each word, stem and run of words weighs."""

    bias: float
    of: Mapping[str, float]

    def score(self, marks: frozenset[str]) -> float:
        """Return the log odds that a text with these marks asks to stop."""
        known = sum(self.of.get(mark, 0.0) for mark in marks)
        return self.bias + known / math.sqrt(len(marks) or 1)

    def named(self, marks: frozenset[str]) -> str:
        """Return the marks that weigh most for a stop."""
        heaviest = sorted(marks, key=lambda mark: (-self.of.get(mark, 0.0), mark))[:_NAMED]
        return " + ".join(heaviest)


def marks_of(clauses: Sequence[str]) -> frozenset[str]:
    """Return the words, stems and runs of up to three words of `clauses`."""
    return frozenset(mark for clause in clauses[:_MOST_CLAUSES] for mark in _marks(clause))


def _marks(clause: str) -> Iterator[str]:
    words = ["^", *clause.split()[:_MOST_WORDS], "$"]
    for at, word in enumerate(words):
        yield word
        if len(word) >= _STEM:
            yield f"{word[:_STEM]}*"
        run = words[at : at + 3]
        if len(run) > 1:
            yield " ".join(run[:2])
        if len(run) > 2:  # noqa: PLR2004 - a run of three, and its ends
            yield " ".join(run)
            yield f"{run[0]} _ {run[2]}"


def weighed(body: str, clauses: Sequence[str], found: Reading | None) -> Reading | None:
    """Return `found`, what the rules made of `body`, unless its words (`clauses`) weigh more. What
    a rule saw taken back is not weighed, nor does a question act by weight."""
    marks = marks_of(clauses)
    score = weights().score(marks)
    is_hinted = found is not None and found.language == "en"
    acts = score > (_ACTS_WITH_A_HINT if is_hinted else _ACTS_ALONE)
    if acts and not _QUESTION.match(body) and not _JOINING.search(body):
        return opt_out(weights().named(marks))
    if found is None and score > _HOLDS and not _JOINING.search(body):
        return perhaps(weights().named(marks))
    return found


@functools.cache
def weights() -> Weights:
    """Return the weights of `data/weights.json`."""
    told = data("weights.json")
    return Weights(told["bias"], told["weights"])

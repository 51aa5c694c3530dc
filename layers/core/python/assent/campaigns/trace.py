"""What a decision about one text rests on: every rule that was asked, its inputs and its answer.

Kept with the text in so few bytes that its ledger row costs no more for it; what a rule is called
and what its inputs mean is said here once, so that a row written years ago can still be read.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A ledger row of one-part text has some 500 bytes; up to 1,024 it is one write unit.
MOST_PACKED = 200
_FORM = "1"
_CUT = "~"


class Rule(StrEnum):
    """A question that is asked before a text. Values are shown; never renamed."""

    CAMPAIGN = "campaign"
    SEGMENT = "segment"
    COUNTRY = "country"
    HOLD_OUT = "hold_out"
    CLAIM = "claim"
    STOP = "stop"
    RESTRICTION = "restriction"
    CONSENT = "consent"
    HOLD = "hold"
    PHONE = "phone"
    PAUSE = "pause"
    PROMISE = "promise"
    CAP = "cap"
    WINDOW = "window"


# Each rule's letter in a packed trace, and its inputs in order. `seq` is the event of the person's
# history that the standing rested on; `count` are texts within the span that ends now; `limit` is
# the lower of what the programme promised and what the person chose; `zones` is how many clocks had
# to be open; `state` says what the window came to.
_LETTERS: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.CAMPAIGN: "r",
        Rule.SEGMENT: "g",
        Rule.COUNTRY: "l",
        Rule.HOLD_OUT: "o",
        Rule.CLAIM: "a",
        Rule.STOP: "s",
        Rule.RESTRICTION: "x",
        Rule.CONSENT: "c",
        Rule.HOLD: "h",
        Rule.PHONE: "n",
        Rule.PAUSE: "p",
        Rule.PROMISE: "f",
        Rule.CAP: "k",
        Rule.WINDOW: "w",
    }
)
INPUTS: Mapping[Rule, tuple[str, ...]] = MappingProxyType(
    {
        Rule.CAMPAIGN: ("launched_at", "expires_at"),
        Rule.SEGMENT: (),
        Rule.COUNTRY: ("country",),
        Rule.HOLD_OUT: ("percent",),
        Rule.CLAIM: (),
        Rule.STOP: ("since",),
        Rule.RESTRICTION: (),
        Rule.CONSENT: ("status", "epoch", "seq"),
        Rule.HOLD: ("since",),
        Rule.PHONE: (),
        Rule.PAUSE: ("until",),
        Rule.PROMISE: ("count", "limit", "days", "promised"),
        Rule.CAP: ("jurisdiction", "count", "limit", "hours"),
        Rule.WINDOW: ("state", "rules_version", "basis", "zones", "jurisdictions"),
    }
)
_RULES = {letter: rule for rule, letter in _LETTERS.items()}

Input = str | int


class Check(NamedTuple):
    """One rule's answer. `values` are its inputs, in the order of `INPUTS`; of the last ones those
    that there was nothing to say about are left out."""

    rule: Rule
    passed: bool
    values: tuple[Input, ...] = ()

    @property
    def inputs(self) -> dict[str, Input]:
        """Return the inputs by name."""
        return dict(zip(INPUTS[self.rule], self.values, strict=False))


def packed(trace: Sequence[Check]) -> str:
    """Return the trace as one short line of ASCII. Where it is longer than `MOST_PACKED` bytes, the
    rules that no longer fit are left out and a `~` says so."""
    line = " ".join([_FORM, *map(_word, trace)])
    if len(line) <= MOST_PACKED:
        return line
    return f"{line[: line.rindex(' ', 0, MOST_PACKED - 1)]} {_CUT}"


def unpacked(line: str) -> tuple[Check, ...]:
    """Return what `packed` wrote. Raises ValueError for anything else."""
    form, *words = line.split(" ")
    if form != _FORM:
        message = "this is no trace of a form that is known"
        raise ValueError(message)
    return tuple(_check(word) for word in words if word != _CUT)


def is_whole(line: str) -> bool:
    """Return whether every rule is in the packed trace."""
    return not line.endswith(_CUT)


def _word(check: Check) -> str:
    values = ",".join(map(str, check.values))
    return f"{_LETTERS[check.rule]}{'+' if check.passed else '-'}{values}"


def _check(word: str) -> Check:
    rule = _RULES.get(word[:1])
    if rule is None or word[1:2] not in ("+", "-"):
        message = "this is no rule that is known"
        raise ValueError(message)
    return Check(rule, word[1] == "+", tuple(_values(word[2:].split(",")) if word[2:] else ()))


def _values(words: Iterable[str]) -> Iterable[Input]:
    return (int(word) if word.isdecimal() else word for word in words)

"""What a text asks for, and by what it was understood.

Two enums and a record apart from the rules, so that each tier of rules can answer in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


FEEDBACK = Reading(Action.FEEDBACK, Tier.NONE)


def opt_out(phrase: str, language: str = "en") -> Reading:
    """Return the reading of a request to stop in words other than a keyword."""
    return Reading(Action.OPT_OUT, Tier.PHRASE, phrase.strip(), language)


def taken_back(phrase: str, language: str = "en") -> Reading:
    """Return the reading of a plain request that its own sentence takes back or narrows."""
    return Reading(Action.REVIEW, Tier.PHRASE, phrase.strip(), language)


def perhaps(phrase: str, language: str = "en") -> Reading:
    """Return the reading of what may be a wish to stop and waits for a person."""
    return Reading(Action.REVIEW, Tier.TOKEN, phrase.strip(), language)

"""How a text from a phone is read: as a keyword, as a plain request to stop, or by a person.

Consent is only ever an exact word; a wish to stop is looked for in every way it may be put; and
what is neither, but looks like it, is held for a person. Any clear wish to stop counts: 47 CFR
64.1200(a)(10)-(11); CTIA Messaging Principles 5.1.3.
"""

from __future__ import annotations

import re

from assent.inbound.normalise import (
    look_alike,
    normalise,
    plain_letters,
    sentences,
    set_aside,
)
from assent.inbound.phrases import phrases
from assent.inbound.reading import FEEDBACK, Action, Reading, Tier, perhaps
from assent.inbound.table import keyword_table
from assent.inbound.tongues import in_other_tongues
from assent.inbound.weighing import weighed

__all__ = ["Action", "Reading", "Tier", "classify"]

# A phone's "like" of a text is sent as a text that quotes it, our own "Reply STOP to end" included.
_REACTION = re.compile(
    r"\W*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? .{3,20} from"
    r"|reacted .{1,12} to|(?:\S{1,8} )?to) +[\"\u201c\u00ab](.*)[\"\u201d\u00bb]\W*",
    re.IGNORECASE | re.DOTALL,
)
# Our own instruction, quoted in a longer text.
_INSTRUCTION = re.compile(
    r"\b(?:reply|text|txt|send|respond|type)?(?: with)?\W{0,3}stop\W{0,3}(?:to|2|=|for)\W{0,3}"
    r"(?:end|quit|stop|cancel|unsub(?:scribe)?|opt[ -]?out|optout|be removed)\b",
    re.IGNORECASE,
)
_QUOTED_WORD = re.compile(r"[\"\u201c\u201e\u00ab]\s*(\w+)\s*[\"\u201d\u201c\u00bb]")
_LEAST_AROUND = 4


def classify(body: str, country: str | None = None) -> Reading:
    """Return how `body` reads; `country` (of the sender) enables words used only there."""
    reaction = _REACTION.fullmatch(body)
    if reaction:
        return _reaction(reaction.group(1), country)
    plain = normalise(body)
    copy = plain_letters(plain) if _is_simple(body) else look_alike(body)
    if not copy:
        return FEEDBACK
    table = keyword_table()
    return (
        table.exact(plain, copy, country)
        or table.mistyped(copy)
        or table.disabled_stop(plain, copy)
        or _in_own_words(body)
        or _stop_set_aside(body, country)
        or FEEDBACK
    )


def _stop_set_aside(body: str, country: str | None) -> Reading | None:
    """A line that is nothing but a stop counts where a signature or a quoted text was left out,
    too: people write below those. A line of ours is longer than the word."""
    for line in set_aside(body):
        plain = normalise(line)
        reading = keyword_table().exact(plain, look_alike(line), country) if plain else None
        if reading is not None and reading.action is Action.OPT_OUT:
            return reading
    return None


def _in_own_words(body: str) -> Reading | None:
    """A sentence that asks to stop. An instruction of ours that it quotes is no request."""
    rest, quoted = _INSTRUCTION.subn(" ", body)
    if quoted and len(rest.split()) >= _LEAST_AROUND:
        return _request(rest) or perhaps("stop")
    return _request(body)


def _request(body: str) -> Reading | None:
    """A request in any language goes before what is only like one, in whichever; but what is taken
    back in English is so for the other languages, which share its `stop` and its `SMS`."""
    english = phrases().read(sentences(_unquoted(body)))
    if english is not None and english.tier is Tier.PHRASE:
        return english
    other = in_other_tongues(body)
    if other is not None and other.tier is Tier.PHRASE:
        return other
    return weighed(body, phrases().spelt(sentences(body)), english or other)


def _unquoted(body: str) -> str:
    """A word quoted within a sentence is part of what is said, no sentence of its own."""
    rest = _QUOTED_WORD.sub(" ", body)
    is_aside = len(rest.split()) >= _LEAST_AROUND
    return _QUOTED_WORD.sub(r" \1 ", body) if is_aside else body


def _reaction(quoted: str, country: str | None) -> Reading:
    """A reaction to a text of ours says nothing of stopping; one to their own stop repeats it."""
    reading = classify(quoted, country)
    if reading.action is Action.OPT_OUT and reading.tier is Tier.EXACT:
        return reading
    asked = phrases().read(sentences(_INSTRUCTION.sub(" ", quoted)))
    return perhaps(asked.keyword or "") if asked and asked.action is Action.OPT_OUT else FEEDBACK


def _is_simple(body: str) -> bool:
    return body.isascii() and "$" not in body and "@" not in body

"""Random changes to labelled texts and keywords, by seed.

`python -m tests.unit.inbound.mutations 100000` tries that many; the tests try a few thousand.
"""

from __future__ import annotations

import random
import string
import sys
from typing import TYPE_CHECKING

from assent.inbound.keywords import Action, Tier, classify
from tests.unit.inbound.measured import CORPORA, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PIECES = (
    *string.ascii_letters,
    *string.punctuation,
    *" \n\t\r\x00\u00a0\u200b\u200d\u2060\ufeff\u202e\u0301\ufe0f",
    *"🛑🙏🏽👨‍👩‍👧ЅТОРſİıßﬁ①ﷺ退تวे",
    "STOP",
    "yes",
    " don't ",
    "\n> ",
    "\n-- \n",
    "“",
    "Reply STOP to end",
    "\ud800",
)


def mutated(body: str, rng: random.Random) -> str:
    """Return `body` with one to four pieces put in, taken out, doubled or moved."""
    for _ in range(rng.randint(1, 4)):
        at, to = sorted((rng.randint(0, len(body)), rng.randint(0, len(body))))
        to = min(to, at + 6)
        body = rng.choice(
            (
                body[:at] + rng.choice(_PIECES) + body[at:],
                body[:at] + body[to:],
                body[:to] + body[at:],
                body[to:] + body[:to],
                body.swapcase(),
            )
        )
    return body


def mutations(count: int, seed: int = 1) -> Iterator[str]:
    """Yield `count` changed texts of the corpora, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - a test, no secret
    bodies: Sequence[str] = [row.body for row in read(*CORPORA)]
    for _ in range(count):
        yield mutated(rng.choice(bodies), rng)


def check(body: str) -> None:
    """Read `body`, whatever it is; consent is only ever an exact word."""
    reading = classify(body)
    if reading.action in (Action.OPT_IN, Action.CONFIRM):
        assert reading.tier is Tier.EXACT, body


if __name__ == "__main__":
    for each in mutations(int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        check(each)

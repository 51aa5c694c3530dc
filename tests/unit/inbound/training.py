"""Learns `data/weights.json` from the labelled texts: `python -m tests.unit.inbound.training`.

Logistic regression by AdaGrad with a fixed seed and no library, so that anybody gets the same
weights from the same texts. `held_out()` says how the matcher does on each corpus when the weights
have not seen it.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import assent.inbound.weighing as weighing_module
from assent.inbound.normalise import sentences
from assent.inbound.phrases import phrases
from assent.inbound.weighing import Weights, marks_of
from tests.unit.inbound.composed import LOOK_ALIKES, ORDINARY, REQUESTS, TAKEN_BACK
from tests.unit.inbound.measured import CORPORA, labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Example = tuple[frozenset[str], bool]

TARGET = Path(weighing_module.__file__).parent / "data" / "weights.json"
_ROUNDS = 15
_RATE = 0.45
_DECAY = 3e-5
_SEEN = 2
_LEAST = 0.05
_COMPOSED = 250
_SEED = 5


def examples(names: Sequence[str] = CORPORA) -> list[Example]:
    """Return the texts of the corpora and a sample of the composed ones, as marks and label."""
    chance = random.Random(_SEED)  # noqa: S311 - a sample, no secret
    told = [
        (each["body"], each["expect"] == "opt_out")
        for name in names
        for each in labelled(name)
        if each["expect"] not in ("hold", "review")
    ]
    told += [(body, True) for body in chance.sample(REQUESTS, _COMPOSED)]
    for bodies in (LOOK_ALIKES, TAKEN_BACK):
        told += [(body, False) for body in chance.sample(bodies, min(len(bodies), _COMPOSED))]
    told += [(body, False) for body in ORDINARY]
    return [(marks(body), is_stop) for body, is_stop in told]


def marks(body: str) -> frozenset[str]:
    """Return the marks of `body` as the matcher sees them."""
    return marks_of(phrases().spelt(sentences(body)))


def learnt(told: Iterable[Example]) -> Weights:
    """Return the weights learnt from `told`, the same from the same."""
    told = list(told)
    counts = Counter(mark for each, _ in told for mark in each)
    known = [(sorted(m for m in each if counts[m] >= _SEEN), label) for each, label in told]
    weight: dict[str, float] = {}
    squares: dict[str, float] = {}
    bias, chance = 0.0, random.Random(_SEED)  # noqa: S311 - an order, no secret
    for _ in range(_ROUNDS):
        chance.shuffle(known)
        for each, label in known:
            scale = math.sqrt(len(each)) or 1.0
            score = bias + sum(weight.get(mark, 0.0) for mark in each) / scale
            error = label - 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
            bias += error * _RATE / 30
            step = error / scale
            for mark in each:
                squares[mark] = squares.get(mark, 1e-2) + step * step
                moved = step * _RATE / math.sqrt(squares[mark])
                weight[mark] = weight.get(mark, 0.0) * (1 - _DECAY) + moved
    kept = {mark: round(w, 2) for mark, w in sorted(weight.items()) if abs(w) >= _LEAST}
    return Weights(round(bias, 3), kept)


def written(weights: Weights) -> str:
    """Return the file of these weights."""
    told = {"note": __doc__, "bias": weights.bias, "weights": dict(weights.of)}
    return json.dumps(told, ensure_ascii=False, indent=0) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(learnt(examples())), encoding="utf-8")

"""`make simulate SEEDS=n`: many runs, a table of what went wrong in them, and the first trace that
breaks a promise. `--mutants` tells instead how many seeds each mutant takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.simulation.faults import Fault, Faults, Trouble
from tests.simulation.mutants import MUTANTS, aimed_at
from tests.simulation.people import town
from tests.simulation.story import Result, play

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.simulation.mutants import Mutant

_SHOWN = 80


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many runs")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--mutants", action="store_true", help="count the seeds to each mutant")
    parser.add_argument("--trace", type=int, help="print the whole trace of one seed")
    asked = parser.parse_args()
    town()
    if asked.trace is not None:
        return _trace(asked.trace)
    seeds = range(asked.first, asked.first + asked.seeds)
    return _mutants(seeds) if asked.mutants else _runs(seeds)


def _trace(seed: int) -> int:
    result = play(seed)
    _say("\n".join([*result.trace, f"faults: {result.faults}", *result.broken, result.hash]))
    return 1 if result.broken else 0


def _runs(seeds: range) -> int:
    began = time.perf_counter()
    met: Counter[str] = Counter()
    sometimes: Counter[str] = Counter()
    steps = texts = 0
    for seed in seeds:
        result = play(seed)
        met.update(result.met)
        sometimes.update(result.sometimes)
        steps, texts = steps + result.steps, texts + result.texts
        if result.broken:
            return _failed(result)
    seconds = time.perf_counter() - began
    _report(met, sometimes)
    _say(
        f"\n{len(seeds)} runs, {steps:,} steps, {texts:,} texts, no promise broken; "
        f"{len(seeds) / seconds:.1f} runs and {steps / seconds:,.0f} steps per second"
    )
    return 0


def _failed(result: Result) -> int:
    _say("\n".join(result.trace[-_SHOWN:]))
    _say(f"\nseed {result.seed} breaks a promise ({result.faults}):")
    _say("\n".join(f"  {each}" for each in result.broken))
    _say(f"\nThe whole trace: python -m tests.simulation --trace {result.seed}")
    return 1


def _report(met: Counter[str], sometimes: Counter[str]) -> None:
    kinds = [kind for kind in Fault if kind is not Fault.NONE]
    zeros: list[str] = []
    for joint, title in (("", "faults by call"), ("in ", "by function"), ("while ", "by status")):
        rows = _rows(met, joint)
        _say(f"\n{title:32s}" + "".join(f"{kind[:11]:>12s}" for kind in kinds))
        for row in rows:
            found = [met[f"{kind} {joint}{row}"] for kind in kinds]
            _say(f"{row:32s}" + "".join(f"{count:>12,}" for count in found))
            pairs = zip(kinds, found, strict=True)
            zeros += [f"{kind} {joint}{row}" for kind, count in pairs if not count]
    zeros += [str(trouble) for trouble in Trouble if not met[trouble]]
    _say("\n" + "\n".join(f"{trouble:32s}{met[trouble]:>12,}" for trouble in Trouble))
    _say("\nsometimes:")
    _say("\n".join(f"{name:60s}{count:>10,}" for name, count in sorted(sometimes.items())))
    _say(f"\nnever met: {', '.join(zeros) or 'nothing'}")


def _rows(met: Counter[str], joint: str) -> list[str]:
    """Return what stands after the fault and `joint` in the counters' names."""
    found = set()
    for name in met:
        _, space, rest = name.partition(" ")
        has_joint = rest.startswith(joint) if joint else "." in rest
        if space and has_joint:
            found.add(rest.removeprefix(joint))
    return sorted(found)


def _mutants(seeds: range) -> int:
    """Say how many seeds each mutant takes, with faults of any kind and with those aimed at it."""
    missed = 0
    for name, mutant in MUTANTS.items():
        any_kind = _first(seeds, mutant, Faults.drawn)
        aimed = _first(seeds, mutant, aimed_at(name))
        missed += any_kind is None and aimed is None
        told = [_told(any_kind, len(seeds)), _told(aimed, len(seeds))]
        _say(f"{name:34s}any faults: {told[0]:12s} aimed: {told[1]:12s} {any_kind or aimed}")
    _say(f"\n{len(MUTANTS) - missed} of {len(MUTANTS)} mutants caught")
    return 1 if missed else 0


def _first(
    seeds: range, mutant: Mutant, faults: Callable[[Random], Faults]
) -> tuple[int, str] | None:
    for number, seed in enumerate(seeds, start=1):
        with mutant():
            broken = play(seed, faults=faults).broken
        if broken:
            return number, broken[0]
    return None


def _told(found: tuple[int, str] | None, seeds: int) -> str:
    return f"{found[0]} seeds" if found else f"not in {seeds}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

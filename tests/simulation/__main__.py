"""`make simulate SEEDS=n`: many runs, a table of what went wrong in them, and the first trace that
breaks a promise. `--mutants` tells instead how many seeds each mutant takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.faults import Fault, Trouble
from tests.simulation.mutants import MUTANTS
from tests.simulation.people import town
from tests.simulation.story import Result, play

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
    calls = sorted({name.split(" ", 1)[1] for name in met if " " in name})
    kinds = [kind for kind in Fault if kind is not Fault.NONE]
    _say(f"{'faults met by':32s}" + "".join(f"{kind[:11]:>12s}" for kind in kinds))
    for call in calls:
        row = "".join(f"{met[f'{kind} {call}']:>12,}" for kind in kinds)
        _say(f"{call:32s}{row}")
    _say("\n" + "\n".join(f"{trouble:32s}{met[trouble]:>12,}" for trouble in Trouble))
    _say("\nsometimes:")
    _say("\n".join(f"{name:60s}{count:>10,}" for name, count in sorted(sometimes.items())))


def _mutants(seeds: range) -> int:
    missed = 0
    for name, mutant in MUTANTS.items():
        began = time.perf_counter()
        broken: list[str] = []
        for seed in seeds:
            with mutant():
                broken = play(seed).broken
            if broken:
                break
        missed += not broken
        found = f"caught by seed {seed}: {broken[0]}" if broken else f"NOT caught by {len(seeds)}"
        _say(f"{name:34s}{found} ({time.perf_counter() - began:.1f} s)")
    _say(f"\n{len(MUTANTS) - missed} of {len(MUTANTS)} mutants caught")
    return 1 if missed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

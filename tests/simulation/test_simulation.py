"""The shipped functions keep every promise under faults, and broken ones do not."""

from __future__ import annotations

import pytest

from tests.simulation.faults import Faults
from tests.simulation.mutants import MUTANTS, aimed_at
from tests.simulation.story import play

# A few seeds on every commit; `make simulate SEEDS=n` runs as many as there is time for.
SEEDS = range(1, 9)
# Those that a few seeds find. `make simulate-mutants` shows how many seeds each of them all takes.
QUICK = (
    "claim without consent",
    "publish before claim",
    "send again when in doubt",
    "no deadline",
    "answer STOP before recording it",
    "release of what is in doubt",
    "state first, event later",
    "a batch counts again",
    "close before all are done",
    "any claim is mine",
    "bucket without condition",
    "status is not looked at",
    "late texts go out",
)
ENOUGH = 12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_with_faults_keeps_every_promise(seed: int) -> None:
    result = play(seed)
    assert not result.broken, "\n".join([*result.trace[-60:], *result.broken])


def test_without_faults_everybody_who_may_be_texted_is() -> None:
    result = play(3, faults=Faults.none)
    assert not result.broken
    assert not result.sometimes["text in_doubt"]
    assert result.sometimes["text sent"] == result.sometimes["claim written"] > 0


def test_the_same_seed_is_the_same_run() -> None:
    first, second = play(7), play(7)
    assert first.trace == second.trace
    assert first.hash == second.hash
    assert first.hash != play(8).hash


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_product_is_caught(name: str) -> None:
    for seed in range(1, ENOUGH + 1):
        with MUTANTS[name]():
            result = play(seed, faults=aimed_at(name))
        if result.broken:
            return
    pytest.fail(f"{ENOUGH} seeds do not tell it: {name}")

"""`make bench`: cost, CPU, pace and import time, each beside what it is held against.

Everything is a ratio or a count, because seconds of one machine mean nothing on another. The
results are printed and kept in build/bench.json; a missed target does not fail the build.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import cpu, imports
from tests.benchmarks.cost import Counted, cost, memory_sizes
from tests.benchmarks.endpoint import loopback
from tests.benchmarks.recorder import Recorder, worst_second
from tests.benchmarks.stage import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_RESULT = Path(__file__).parents[2] / "build/bench.json"
_SECONDS = 10
_RATES = (20, 50, 100)
_PRICED = (20, 100)
_LEAST_HELD = 0.98


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    what: str
    value: str
    target: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "MISSED", None: ""}[self.holds]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for; return 0 whatever came of it."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *_PARTS], help="parts to measure (all)")
    wanted = parser.parse_args(argv).only or list(_PARTS)
    result: dict[str, Any] = {}
    for part in wanted:
        for line in _PARTS[part](result.setdefault(part, {})):
            sys.stdout.write(f"{line.what:<46}{line.value:>22}  {line.target:<18}{line.verdict}\n")
            sys.stdout.flush()
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def _sending(result: dict[str, Any]) -> Iterator[Line]:
    """Calls, cost and held rate of the same runs."""
    memory = memory_sizes()
    for rate in _RATES:
        planning, recorder = Recorder(), Recorder()
        with loopback(), stage(rate * _SECONDS, rate) as made:
            made.watch(planning)
            made.before_sending = lambda made=made, to=recorder: made.watch(to)
            run = made.run()
            million = made.prepared_for_a_million()
        held, worst = _held(recorder.published), worst_second(recorder.published)
        each = {name: n / run.recipients for name, n in sorted(recorder.attempts.items())}
        found = result[str(rate)] = {
            "recipients": run.recipients,
            "calls_per_recipient": each,
            "rate_held": held / rate,
            "worst_second": worst,
        }
        yield Line(
            f"Rate held of {rate} parts/s",
            f"{held / rate:.1%}",
            "98-100 %",
            _LEAST_HELD <= held / rate <= 1,
        )
        yield Line("  worst second", f"{worst} parts", f"<= {rate}", worst <= rate)
        if rate in _PRICED:
            priced = cost(run, Counted(planning, recorder), million, memory)
            found["usd_per_million"] = {**priced.lines, "total": priced.total}
            for name, value in each.items():
                yield Line(f"  {name} per recipient", f"{value:.4f}", "", None)
            for name, usd in priced.lines.items():
                yield Line(f"  {name}", f"$ {usd:.3f}", "", None)
            yield Line(
                f"Per million recipients at {rate} parts/s",
                f"$ {priced.total:.2f}",
                f"<= {priced.target} ({priced.floor})",
                priced.holds,
            )


def _held(instants: Sequence[float]) -> float:
    return (len(instants) - 1) / (max(instants) - min(instants)) if len(instants) > 1 else 0.0


def _cpu(result: dict[str, Any]) -> Iterator[Line]:
    found = cpu.measure()
    result.update(ratio=found.ratio, worker_ms=found.worker, bare_ms=found.bare)
    times = f"{found.ratio:.2f} x"
    yield Line("Worker CPU per recipient / bare loop", times, f"<= {cpu.LIMIT}", found.holds)


def _imports(result: dict[str, Any]) -> Iterator[Line]:
    _, found = imports.measure()
    for each in found:
        result[each.function] = each.ratio
        target = f"<= {imports.LIMIT}" if each.is_lean else ""
        holds = each.holds if each.is_lean else None
        yield Line(f"Import of {each.function} / boto3", f"{each.ratio:.2f} x", target, holds)


_PARTS: dict[str, Callable[[dict[str, Any]], Iterator[Line]]] = {
    "sending": _sending,
    "cpu": _cpu,
    "imports": _imports,
}

if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: cost, CPU, pace, planning and import time, each beside what it is held against.

Everything is a ratio or a count, because seconds of one machine mean nothing on another. The
results are printed and merged into build/bench.json by part, with the machine's load, which matters
to the rate: a busy machine wakes threads late. A missed target does not fail the build.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import cpu, evidence, imports, planning, rate
from tests.benchmarks.cost import SENDER_MEMORY, cost, memory_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.benchmarks.rate import Held

_RESULT = Path(__file__).parents[2] / "build/bench.json"
_LEAST_HELD = 0.98
# Parts per second, campaigns, seconds.
_SHARED = (100, 3, 90)
_LEAST_SHARE = 0.25


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
    for part in wanted:
        result: dict[str, Any] = {}
        began = os.getloadavg()[0]
        for line in _PARTS[part](result):
            sys.stdout.write(f"{line.what:<46}{line.value:>22}  {line.target:<18}{line.verdict}\n")
            sys.stdout.flush()
        result["load"] = [began, os.getloadavg()[0]]
        sys.stdout.write(f"{'  load of ' + str(os.cpu_count()) + ' cores':<46}")
        sys.stdout.write(f"{began:>14.1f} to {result['load'][1]:.1f}\n")
        _keep(part, result)
    return 0


def _keep(part: str, result: dict[str, Any]) -> None:
    kept = json.loads(_RESULT.read_text()) if _RESULT.exists() else {}
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps({**kept, part: result}, indent=2) + "\n")


def _sending(result: dict[str, Any]) -> Iterator[Line]:
    """Held rate, calls and cost of the same runs."""
    memory = memory_sizes()
    for parts_per_second in rate.SECONDS:
        held = rate.measure(parts_per_second)
        found = result[str(parts_per_second)] = {"recipients": held.run.recipients}
        yield from _pace(held, found)
        yield from _cost(held, memory, found)


def _pace(held: Held, found: dict[str, Any]) -> Iterator[Line]:
    asked = held.run.rate
    found.update(
        rate_held=held.share,
        worst_second=held.worst_published,
        worst_second_arrived=held.worst_arrived,
        load=held.load,
    )
    yield Line(
        f"Rate held of {asked} parts/s (load {held.load:.1f})",
        f"{held.share:.1%}",
        "98-100 %",
        _LEAST_HELD <= held.share <= 1,
    )
    worst = held.worst_published
    yield Line("  worst second, published", f"{worst} parts", f"<= {asked}", worst <= asked)
    yield Line("  worst second, as it arrived", f"{held.worst_arrived} parts", "", None)
    yield Line("  of one worker, alone", f"{held.of_one_worker:.1f} parts/s", "", None)


def _cost(held: Held, memory: dict[str, int], found: dict[str, Any]) -> Iterator[Line]:
    priced = cost(held, memory)
    each = {n: count / held.run.recipients for n, count in sorted(held.sending.attempts.items())}
    found["calls_per_recipient"] = each
    found["usd_per_million"] = {**priced.lines, "total": priced.total}
    for name, value in each.items():
        yield Line(f"  {name} per recipient", f"{value:.4f}", "", None)
    for name, usd in priced.lines.items():
        yield Line(f"  {name}", f"$ {usd:.3f}", "", None)
    yield Line(
        f"Per million at {priced.rate} parts/s, {SENDER_MEMORY[priced.rate]} MB",
        f"$ {priced.total:.2f}",
        f"<= {priced.target} ({priced.floor})",
        priced.holds,
    )


def _shared(result: dict[str, Any]) -> Iterator[Line]:
    """Three campaigns on one number."""
    held = rate.measure_shared(*_SHARED)
    result.update(rate_held=held.share, worst_second=held.worst, shares=held.shares)
    asked, campaigns, _ = _SHARED
    what = f"{campaigns} campaigns hold of {asked} parts/s"
    yield Line(what, f"{held.share:.1%}", "98-100 %", _LEAST_HELD <= held.share <= 1)
    yield Line("  worst second", f"{held.worst} parts", f"<= {asked}", held.worst <= asked)
    least = min(held.shares)
    shares = " ".join(f"{share:.0%}" for share in held.shares)
    yield Line("  shares", shares, ">= 25 % each", least >= _LEAST_SHARE)


def _cpu(result: dict[str, Any]) -> Iterator[Line]:
    found = cpu.measure()
    result.update(ratio=found.ratio, worker_ms=found.worker, bare_ms=found.bare)
    times = f"{found.ratio:.2f} x"
    yield Line("Worker CPU per recipient / bare loop", times, f"<= {cpu.LIMIT}", found.holds)


def _planning(result: dict[str, Any]) -> Iterator[Line]:
    """Rates of a slice beside a bare scan's, then memory and growth up to a million."""
    rates = planning.compare()
    result["per_cpu_second"] = rates.as_json()
    yield Line("boto3 scan that deserialises", f"{rates.deserialised:,.0f}/s", "", None)
    for what, rate_of in (("Planning", rates.plan), ("Rehearsing", rates.rehearse)):
        yield Line(f"{what}, subscribers per CPU second", f"{rate_of:,.0f}/s", "", None)
        ratio = rate_of / rates.deserialised
        holds = ratio >= planning.LEAST_RATIO
        yield Line("  / scan that deserialises", f"{ratio:.2f} x", ">= 1", holds)
        yield Line("  / scan that is only read", f"{rate_of / rates.read:.2f} x", "", None)
    for way in ("plan", "rehearse"):
        found = [planning.probe(way, people) for people in planning.SIZES]
        result[way] = {each.people: each.as_json() for each in found}
        for each in found:
            size, limit = f"{each.megabytes:.0f} MB", planning.MOST_MEMORY
            what = f"  {way}, peak at {each.people:,}"
            yield Line(what, size, f"<= {limit} MB", each.megabytes <= limit)
        growth = found[-1].microseconds / found[0].microseconds
        holds = growth <= planning.MOST_GROWTH
        target = f"<= {planning.MOST_GROWTH}"
        yield Line(f"  {way}, time each, most/fewest", f"{growth:.2f} x", target, holds)


def _imports(result: dict[str, Any]) -> Iterator[Line]:
    _, found = imports.measure()
    for each in found:
        result[each.function] = each.ratio
        target = f"<= {imports.LIMIT}" if each.is_lean else ""
        holds = each.holds if each.is_lean else None
        yield Line(f"Import of {each.function} / boto3", f"{each.ratio:.2f} x", target, holds)


def _evidence(result: dict[str, Any]) -> Iterator[Line]:
    found = evidence.measure()
    result.update(
        events=found.events,
        exported_per_second=found.exported,
        verified_per_second=found.verified,
        megabytes=[found.megabytes, found.worker_megabytes],
    )
    rate_of_export = f"{found.exported:,.0f}/s"
    yield Line(f"Export of {found.events} events, without AWS", rate_of_export, "", None)
    yield Line(
        "assent verify, 2 processes",
        f"{found.verified:,.0f}/s",
        f">= {evidence.LEAST_RATE:,.0f}/s",
        found.verified >= evidence.LEAST_RATE,
    )
    memory = f"{found.megabytes} + {found.worker_megabytes} MB"
    yield Line("  memory, checker and worker", memory, "", None)


_PARTS: dict[str, Callable[[dict[str, Any]], Iterator[Line]]] = {
    "sending": _sending,
    "shared": _shared,
    "cpu": _cpu,
    "planning": _planning,
    "imports": _imports,
    "evidence": _evidence,
}

if __name__ == "__main__":
    sys.exit(main())

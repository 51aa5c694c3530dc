"""What the demo shows: a progress bar on the way and a table at the end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from infra.demo import episodes, ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.demo.findings import Findings

_WIDTH = 28
_GAP = 2
_VALUE = 16
_REDRAW_SECONDS = 0.1


class Bar:
    """One line that fills up; on something that is no terminal, only its last state is written."""

    def __init__(self, label: str, total: int, out: TextIO | None = None) -> None:
        self._label, self._total = label, max(total, 1)
        self._out = out or sys.stdout
        self._drawn_at = 0.0
        self._started_at = time.monotonic()
        self.show(0)

    def show(self, done: int, note: str = "") -> None:
        """Draw `done` of the total."""
        now = time.monotonic()
        if not self._out.isatty() or (now - self._drawn_at < _REDRAW_SECONDS and done):
            return
        self._drawn_at = now
        self._out.write(f"\r{self._line(done, note)}\033[K")
        self._out.flush()

    def end(self, done: int, note: str = "") -> None:
        """Draw the last state and go to the next line."""
        start, end = ("\r", "\033[K\n") if self._out.isatty() else ("", "\n")
        self._out.write(f"{start}{self._line(done, note)}{end}")
        self._out.flush()

    def _line(self, done: int, note: str) -> str:
        filled = min(_WIDTH, _WIDTH * done // self._total)
        seconds = time.monotonic() - self._started_at
        bar = "█" * filled + "░" * (_WIDTH - filled)
        return f"{self._label:<16}{bar} {done:>4}/{self._total} {seconds:5.1f} s  {note}".rstrip()


def table(findings: Findings) -> str:
    """Return the result as text."""
    unexplained, explained = findings.late
    rate = findings.rate
    rows: list[tuple[str, object]] = [
        ("Sign-ups", findings.rows),
        ("  accepted", findings.accepted),
        *_counts("  refused, ", findings.refused),
        ("  accepted, text found no slot", findings.unsent),
        ("Confirmed", len(findings.confirmed)),
        *ways.lines(findings.ways),
        ("Planned", findings.planned),
        *_counts("  no candidate, ", findings.excluded),
        ("Sent", findings.fate("sent")),
        *_counts("  ", findings.reasons),
        ("  held out", findings.fate("held_out")),
        ("  not renderable", findings.fate("not_renderable")),
        ("In doubt", findings.fate("in_doubt")),
        ("STOPs while it ran", len(findings.stops)),
        ("  in flight, explained", explained),
        ("Texts after STOP", unexplained),
        ("Duplicates", findings.duplicates),
        ("Rate asked (parts/s)", rate.asked),
        ("Rate held", f"{rate.held:.1f} ({_percent(rate.held, rate.asked)})"),
        ("Worst second", rate.worst),
        ("Events in the export", findings.log_rows),
        *episodes.lines(findings.episodes),
    ]
    width = max(len(label) for label, _ in rows) + _GAP
    return "\n".join(f"{label:<{width}}{value!s:>{_VALUE}}".rstrip() for label, value in rows)


def _counts(prefix: str, counts: Mapping[str, int]) -> Iterable[tuple[str, object]]:
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield prefix + reason.replace("_", " "), count


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"

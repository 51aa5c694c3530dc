"""How well the matcher reads the labelled texts, and the table of it in docs/inbound-matching.md.

`python -m tests.unit.inbound.measured` rewrites the table; a test holds that it is fresh. Labels:
opt_out, help, opt_in (or confirm), feedback; `hold` may be a stop, so that it must be held or acted
on; `review` must be held; `review_ok` may be held or be feedback, and is no stop.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assent.inbound.keywords import Action, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "inbound-matching.md"
CORPORA = tuple(f"corpus_{number}" for number in range(1, 8))
_TIER_A = frozenset(
    [
        "bare word",
        "bare keyword",
        "disguised keyword",
        "punctuation",
        "white space",
        "full-width",
        "invisible",
        "homoglyph",
        "emoji",
        "math letters",
    ]
)
_Z = 1.96
_SPOKEN_FOR = frozenset({"en", "mul"})
_CONSENT = (Action.OPT_IN, Action.CONFIRM)
_HEARD = (Action.OPT_OUT, Action.REVIEW)
_BEGIN, _END = "<!-- {} begin -->", "<!-- {} end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text and how it is read."""

    body: str
    expect: str
    kind: str
    lang: str
    action: Action

    @property
    def is_stop(self) -> bool:
        return self.expect == "opt_out"

    @property
    def is_tier_a(self) -> bool:
        return self.is_stop and self.kind in _TIER_A

    @property
    def is_free(self) -> bool:
        return self.is_stop and not self.is_tier_a and self.lang in _SPOKEN_FOR

    @property
    def is_other_language(self) -> bool:
        return self.is_stop and not self.is_tier_a and self.lang not in _SPOKEN_FOR

    @property
    def is_no_stop(self) -> bool:
        return self.expect not in ("opt_out", "hold")


@dataclass(frozen=True, slots=True)
class Share:
    """`found` of `whole`."""

    found: int
    whole: int

    @property
    def share(self) -> float:
        return self.found / self.whole if self.whole else 1.0

    @property
    def interval(self) -> str:
        """Return Wilson's 95 % interval of the share, in percent."""
        n, p = self.whole, self.share
        middle, half = p + _Z * _Z / (2 * n), _Z * math.sqrt(p * (1 - p) / n + (_Z / (2 * n)) ** 2)
        low, high = (max(0.0, (middle + sign * half) / (1 + _Z * _Z / n)) for sign in (-1, 1))
        return f"{low:.1%} to {high:.1%}"

    def __str__(self) -> str:
        return f"{self.found}/{self.whole}" + (f" ({self.share:.1%})" if self.whole else "")


def read(*names: str) -> list[Row]:
    """Return the rows of these corpora, each read by the matcher of today."""
    told = [each for name in names for each in labelled(name)]
    return [
        Row(
            each["body"],
            each["expect"].replace("confirm", "opt_in").replace("feedback_or_review", "review_ok"),
            each["kind"],
            each.get("lang", "en"),
            classify(each["body"]).action,
        )
        for each in told
    ]


def labelled(name: str) -> list[dict[str, str]]:
    """Return the rows of one corpus as they are written."""
    return [json.loads(line) for line in _lines(name)]


def share(
    rows: Sequence[Row], of: Callable[[Row], bool], actions: tuple[Action, ...] = (Action.OPT_OUT,)
) -> Share:
    """Return how many of the rows `of` a kind are read as one of `actions`."""
    chosen = [row for row in rows if of(row)]
    return Share(sum(row.action in actions for row in chosen), len(chosen))


MEASURES: dict[str, Callable[[Sequence[Row]], Share]] = {
    "tier A: acted on": lambda rows: share(rows, lambda row: row.is_tier_a),
    "free text, English and mixed: acted on": lambda rows: share(rows, lambda row: row.is_free),
    "free text, English and mixed: acted on or held": lambda rows: share(
        rows, lambda row: row.is_free, _HEARD
    ),
    "free text, es fr de: acted on": lambda rows: share(
        rows, lambda row: row.is_other_language and row.lang != "pt"
    ),
    "free text, es fr de pt: acted on or held": lambda rows: share(
        rows, lambda row: row.is_other_language, _HEARD
    ),
    "may be a stop: held or acted on": lambda rows: share(
        rows, lambda row: row.expect in ("hold", "review"), _HEARD
    ),
    "false opt-outs, of all that is no stop": lambda rows: share(rows, lambda row: row.is_no_stop),
    "false opt-outs, of ordinary replies": lambda rows: share(
        rows, lambda row: row.expect == "feedback"
    ),
    "ordinary replies held": lambda rows: share(
        rows, lambda row: row.expect == "feedback", (Action.REVIEW,)
    ),
    "look-alikes of a stop held": lambda rows: share(
        rows, lambda row: row.expect == "review_ok", (Action.REVIEW,)
    ),
    "stop read as consent": lambda rows: share(
        rows, lambda row: row.is_stop or row.expect == "hold", _CONSENT
    ),
    "consent read into anything else": lambda rows: share(
        rows, lambda row: row.expect != "opt_in", _CONSENT
    ),
    "stop dropped (read as feedback or help)": lambda rows: share(
        rows, lambda row: row.is_stop, (Action.FEEDBACK, Action.HELP)
    ),
    "HELP and consent read as such": lambda rows: share(
        rows, lambda row: row.expect in ("help", "opt_in"), (Action.HELP, *_CONSENT)
    ),
}


def table() -> str:
    """Return what the matcher of today makes of each corpus, and of all, in Markdown."""
    columns = [read(name) for name in CORPORA]
    every = [row for rows in columns for row in rows]
    names = [name.replace("_", " ") for name in CORPORA]
    lines = [
        f"| | {' | '.join(names)} | all |",
        f"|---|{'---|' * (len(columns) + 1)}",
        f"| messages | {' | '.join(str(len(rows)) for rows in columns)} | {len(every)} |",
    ]
    for name, measure in MEASURES.items():
        cells = [str(measure(rows)) for rows in columns]
        in_all = measure(every)
        lines.append(f"| {name} | {' | '.join(cells)} | {in_all}, {in_all.interval} |")
    return "\n".join(lines)


def first_runs() -> str:
    """Return what was measured when each corpus was first read, in Markdown."""
    runs = json.loads((HERE / "first_runs.json").read_text(encoding="utf-8"))
    heads = list(runs[0])
    lines = [
        f"| {' | '.join(each.replace('_', ' ') for each in heads)} |",
        "|---" * len(heads) + "|",
    ]
    lines += [f"| {' | '.join(_percent(run[head]) for head in heads)} |" for run in runs]
    return "\n".join(lines)


def written(text: str) -> str:
    """Return the page `text` with both tables as they are today."""
    for name, made in (("today", table()), ("first runs", first_runs())):
        begin, end = _BEGIN.format(name), _END.format(name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{made}\n{end}{rest.split(end)[1]}"
    return text


def _lines(name: str) -> list[str]:
    # Not splitlines(): a text may hold a line separator that is no end of a row.
    return (HERE / f"{name}.jsonl").read_text(encoding="utf-8").strip().split("\n")


def _percent(cell: str) -> str:
    cell = cell.replace("corpus_", "corpus ")
    parts = cell.split("/")
    if not all(part.isdigit() for part in parts) or len(parts) == 1:
        return cell
    found = Share(int(parts[0]), int(parts[1]))
    return f"{found}, {found.interval}" if found.whole else str(found)


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text(encoding="utf-8")), encoding="utf-8")

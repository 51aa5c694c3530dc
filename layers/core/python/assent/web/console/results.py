"""What became of a campaign: fates, reasons, variants, clicks, and how it was spread over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.web.console.campaigns import FATES, STATUSES, rehearsal_of
from assent.web.console.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assent.web.console.visits import Visit

_BEFORE_LAUNCH = ("draft", "rehearsed")


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart. `width` is its share of the longest, `percent` of the whole, in 100."""

    words: str
    number: int
    width: float
    percent: float


def shown(visit: Visit) -> Shown:
    """Show one campaign's results; a piece of the page is fetched again while it sends."""
    campaign = visit.api.ask("GET", f"/v1/campaigns/{visit.named['campaign_id']}")
    is_over = campaign["status"] not in _BEFORE_LAUNCH
    progress = campaign["progress"] if is_over else None
    rehearsal = rehearsal_of(visit)
    report = rehearsal["report"] if rehearsal else None
    values = {
        "title": f"Results of {campaign['name']}",
        "here": "campaigns",
        "campaign": campaign,
        "status_name": STATUSES[campaign["status"]],
        "progress": progress,
        "fates": bars((words, progress[name]) for name, words in FATES.items()) if progress else [],
        "reasons": bars(_named(progress["reasons"])) if progress else [],
        "excluded": bars(_named(progress["excluded"])) if progress else [],
        "variants": _variants(campaign, progress) if progress else [],
        "windows": bars((each["release_at"], each["people"]) for each in report["windows"])
        if report
        else [],
    }
    return Shown("results.html", values)


def bars(rows: Iterable[tuple[str, int]]) -> list[Bar]:
    """Return rows with the lengths of their bars; those that count nobody are left out."""
    known = [(words, number) for words, number in rows if number]
    most = max((number for _, number in known), default=0)
    whole = sum(number for _, number in known)
    return [
        Bar(words, number, round(100 * number / most, 2), round(100 * number / whole, 1))
        for words, number in known
    ]


def _named(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return `suppressed:capped` as people read it, the most frequent first."""
    named = ((name.rpartition(":"), number) for name, number in counts.items())
    found = [
        (f"{FATES.get(fate, fate)}: {why}" if fate else why, number)
        for (fate, _, why), number in named
    ]
    return sorted(
        ((words.replace("_", " "), number) for words, number in found), key=lambda row: -row[1]
    )


def _variants(campaign: Mapping[str, Any], progress: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each variant with its texts, its clicks, and clicks per hundred texts."""
    sent, clicks = Counter[str](), Counter[str]()
    for name, number in progress["variants"].items():
        variant, _, fate = name.rpartition(":")
        sent[variant] += number if fate == "sent" else 0
    for name, number in progress["clicks"].items():
        clicks[name.partition(":")[0]] += number
    bodies = {each["name"]: each["body"] for each in campaign["variants"]}
    return [
        {
            "name": name,
            "body": bodies.get(name, ""),
            "sent": sent[name],
            "clicks": clicks[name],
            "rate": round(100 * clicks[name] / sent[name], 1) if sent[name] else 0.0,
        }
        for name in sorted({*sent, *clicks, *bodies})
    ]

"""The part of a rule that a store may judge by itself, so that fewer people are read.

It is weaker than the rule or equal to it, never stricter: who is left out by it, the rule leaves
out too. Only fields that are stored as they are compared take part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assent.audience.rules import And, Comparison, Everyone, Not, Op, Or

if TYPE_CHECKING:
    from datetime import datetime

    from assent.audience.rules import Rule

_ORDERED = frozenset({Op.LT, Op.LTE, Op.GT, Op.GTE, Op.BETWEEN})
_PLAIN = _ORDERED | {Op.EQ, Op.NE, Op.EXISTS}
STORED = {
    "country": frozenset({Op.EQ, Op.NE, Op.IN}),
    "created_at": _ORDERED | {Op.WITHIN_LAST},
    "tenure_days": _ORDERED,
    "birth_year": _PLAIN,
    "max_per_month": _PLAIN,
    "consent": frozenset({Op.EQ, Op.NE, Op.IN}),
}


@dataclass(slots=True)
class Narrowing:
    """What a scan may leave out, as of `now`. `left_out` counts those it did leave out."""

    rule: Rule
    now: datetime
    left_out: int = field(default=0, compare=False)


def narrowed(rule: Rule, now: datetime) -> Narrowing | None:
    """Return the narrowing of a rule, None when a store can judge nothing of it."""
    weaker, _ = _weaker(rule)
    return None if isinstance(weaker, Everyone) else Narrowing(weaker, now)


def _weaker(rule: Rule) -> tuple[Rule, bool]:
    """Return a rule that is true wherever this one is, and whether it is the same rule."""
    match rule:
        case And(rules):
            parts = [_weaker(each) for each in rules]
            kept = tuple(part for part, _ in parts if not isinstance(part, Everyone))
            is_same = all(same for _, same in parts)
            return (And(kept) if kept else Everyone()), is_same
        case Or(rules):
            parts = [_weaker(each) for each in rules]
            is_same = all(same for _, same in parts)
            is_all = any(isinstance(part, Everyone) for part, _ in parts)
            return Everyone() if is_all else Or(tuple(part for part, _ in parts)), is_same
        case Not(inner):
            part, is_same = _weaker(inner)
            return (Not(part), True) if is_same else (Everyone(), False)
        case Comparison(name, op) if op in STORED.get(name, ()):
            return rule, True
        case _:
            return Everyone(), isinstance(rule, Everyone)

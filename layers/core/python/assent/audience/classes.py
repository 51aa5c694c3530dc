"""The ready classes: what new, regular, inactive and VIP mean, in a programme's own thresholds.

They are spelled out as plain rules before anybody is asked, so a campaign freezes the thresholds of
its launch and nothing else needs to know of classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.audience.rules import And, Comparison, InClass, Not, Op, Or, ReadyClass
from assent.identifiers import ProgrammeId

if TYPE_CHECKING:
    from assent.audience.rules import Rule
    from assent.programmes.model import ProgrammeStore, ReadyClasses

_ACTIVE = ("last_clicked_at", "last_replied_at", "last_purchased_at", "last_visited_at")


def spelled_out(rule: Rule, programmes: ProgrammeStore) -> Rule:
    """Return the rule with every class as the comparisons that it stands for.

    Raises ProgrammeNotFoundError.
    """
    match rule:
        case InClass(name, programme_id):
            programme = programmes.programme(ProgrammeId(programme_id))
            return members(name, programme_id, programme.classes)
        case And(rules):
            return And(tuple(spelled_out(each, programmes) for each in rules))
        case Or(rules):
            return Or(tuple(spelled_out(each, programmes) for each in rules))
        case Not(inner):
            return Not(spelled_out(inner, programmes))
        case _:
            return rule


def members(name: ReadyClass, programme_id: str, classes: ReadyClasses) -> Rule:
    """Return who is in the class: VIP goes before new, and new before inactive."""
    confirmed = Comparison("consent", Op.EQ, "confirmed", programme_id)
    vip = Comparison("purchases", Op.GTE, classes.vip_purchases, days=classes.vip_days)
    new = Comparison("confirmed_at", Op.WITHIN_LAST, classes.new_days, programme_id)
    active = Or(tuple(Comparison(f, Op.WITHIN_LAST, classes.inactive_days) for f in _ACTIVE))
    conditions: dict[ReadyClass, tuple[Rule, ...]] = {
        ReadyClass.VIP: (vip,),
        ReadyClass.NEW: (new, Not(vip)),
        ReadyClass.INACTIVE: (Not(vip), Not(new), Not(active)),
        ReadyClass.REGULAR: (Not(vip), Not(new), active),
    }
    return And((confirmed, *conditions[name]))

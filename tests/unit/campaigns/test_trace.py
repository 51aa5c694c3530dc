"""A trace is kept in a few bytes and read back whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.campaigns.may_send import may_send
from assent.campaigns.trace import INPUTS, MOST_PACKED, Check, Rule, is_whole, packed, unpacked
from assent.law.sources import table
from assent.law.zones import Basis, Whereabouts, whereabouts
from assent.phone import PhoneNumber
from tests.unit.campaigns.world import NOON, definition, person, running

SOMEBODY = PhoneNumber.stored("+13055550101")
OPEN = running(definition=definition(quiet_hours="override"))


def test_a_trace_comes_back_as_it_was() -> None:
    trace = may_send(person(1, seq=7), running(), NOON, whereabouts(SOMEBODY, "US", {})).trace
    assert unpacked(packed(trace)) == trace
    assert is_whole(packed(trace))


def test_every_rule_has_a_letter_of_its_own_and_named_inputs() -> None:
    trace = [Check(rule, True, tuple(range(len(INPUTS[rule])))) for rule in Rule]
    assert list(unpacked(packed(trace[:7]) + packed(trace[7:])[1:])) == trace
    assert all(list(check.inputs) == list(INPUTS[check.rule]) for check in trace)


def test_wherever_somebody_lives_the_trace_fits() -> None:
    """The longest are of people whose number and address name two states with caps of their own."""
    countries = [row["jurisdiction"] for row in table("quiet_hours")["rules"]]
    states = [name for name in countries if name.startswith("US-")]
    pairs = [("US", one, two) for one in states for two in states]
    for jurisdictions in [*((name,) for name in countries), *pairs]:
        where = Whereabouts(jurisdictions, ("America/New_York",) * 9, Basis.PROFILE_PLACE)
        someone = person(1, seq=99_999, claims_version=1)
        line = packed(may_send(someone, running(), NOON, where).trace)
        assert is_whole(line), line
        assert len(line.encode()) <= MOST_PACKED


def test_what_does_not_fit_is_left_out_whole_and_said_so() -> None:
    trace = [Check(Rule.CAP, True, (f"XX-{number}", 0, 3, 24)) for number in range(40)]
    line = packed(trace)
    assert len(line) <= MOST_PACKED
    assert not is_whole(line)
    found = unpacked(line)
    assert list(found) == trace[: len(found)]
    assert len(found) > 5


@pytest.mark.parametrize("line", ["", "2 c+confirmed", "1 z+", "1 c", "1 c*x"])
def test_anything_else_is_no_trace(line: str) -> None:
    with pytest.raises(ValueError, match="known"):
        unpacked(line)


def test_a_person_without_a_pause_and_one_after_it_are_told_apart() -> None:
    where = whereabouts(SOMEBODY, "US", {})
    after = replace(person(1), standing=person(1, paused_until=NOON).standing)
    texts = {packed(may_send(each, OPEN, NOON, where).trace) for each in (person(1), after)}
    assert len(texts) == 2

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.abuse.breaker import COUNTRY_RULE, PREFIX_RULE, Breaker, Rule, State, Step, ask
from tests.fakes.frozen_clock import NOON

MINUTE = timedelta(minutes=1)
RULES = pytest.mark.parametrize("rule", [PREFIX_RULE, COUNTRY_RULE], ids=["prefix", "country"])


class Line:
    """A breaker over time, with the answers of the people who are texted."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.now, self.breaker = rule, NOON, Breaker()
        self.sent: list[datetime] = []

    def later(self, span: timedelta) -> Line:
        self.now += span
        return self

    def ask(self) -> Step:
        step = ask(self.breaker, self.rule, self.now)
        self.breaker = step.breaker
        if step.may_text:
            self.sent.append(self.now)
        return step

    def confirm(self, times: int = 1) -> None:
        self.breaker = replace(self.breaker, confirmed=self.breaker.confirmed + times)

    def open(self) -> datetime:
        """Text without an answer until it opens; return when."""
        while not self.ask().opened:
            self.later(MINUTE)
            assert self.now - NOON < timedelta(days=2)
        return self.now


@RULES
def test_texts_that_nobody_answers_stop(rule: Rule) -> None:
    line = Line(rule)
    line.open()
    assert line.breaker.state is State.OPEN
    assert len(line.sent) <= rule.least_texts + (rule.grace + rule.mark_every) / MINUTE + 1
    assert not line.ask().may_text


@RULES
def test_few_texts_never_open_it(rule: Rule) -> None:
    line = Line(rule)
    for _ in range(rule.least_texts - 1):
        assert line.later(rule.window / rule.least_texts * 2).ask().may_text
    assert line.breaker.state is State.CLOSED


@RULES
def test_people_who_answer_keep_it_closed(rule: Rule) -> None:
    line = Line(rule)
    for index in range(300):
        assert line.later(MINUTE).ask().may_text
        if index % 4 == 0:
            line.confirm()


@RULES
def test_a_rush_is_given_time_to_answer(rule: Rule) -> None:
    line = Line(rule)
    assert all(line.ask().may_text for _ in range(rule.least_texts * 3))


@RULES
def test_after_the_cool_down_a_trickle_goes_out_and_silence_opens_it_again(rule: Rule) -> None:
    line = Line(rule)
    opened = line.open()
    line.now = opened + rule.cool_down
    before = len(line.sent)
    assert [line.ask().may_text for _ in range(rule.trial_texts + 2)] == [
        *[True] * rule.trial_texts,
        False,
        False,
    ]
    assert line.later(rule.grace).ask().opened
    assert len(line.sent) - before == rule.trial_texts


@RULES
def test_answers_to_the_trickle_close_it(rule: Rule) -> None:
    line = Line(rule)
    line.now = line.open() + rule.cool_down
    assert line.ask().may_text
    line.confirm((rule.trial_texts + 1) // 2)
    step = line.ask()
    assert (step.may_text, step.closed, line.breaker.state) == (True, True, State.CLOSED)


@RULES
def test_a_closed_breaker_does_not_hold_the_past_against_anybody(rule: Rule) -> None:
    line = Line(rule)
    line.now = line.open() + rule.cool_down
    line.ask()
    line.confirm(rule.trial_texts)
    line.ask()
    assert line.later(rule.grace * 2).ask().may_text


def test_zero_percent_never_opens() -> None:
    line = Line(replace(PREFIX_RULE, percent=0))
    assert all(line.later(MINUTE).ask().may_text for _ in range(500))


ACTS = st.lists(
    st.one_of(
        st.just("ask"),
        st.just("confirm"),
        st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(hours=8)),
    ),
    max_size=120,
)


@settings(max_examples=200, deadline=None)
@given(ACTS, st.sampled_from([PREFIX_RULE, COUNTRY_RULE]))
def test_whatever_happens_it_stays_within_its_rule(acts: list[object], rule: Rule) -> None:
    line, opened_at, trial = Line(rule), None, 0
    for act in acts:
        if isinstance(act, timedelta):
            line.later(act)
            continue
        if act == "confirm":
            line.confirm()
            continue
        before = line.breaker
        step = line.ask()
        assert step.breaker.texts - before.texts == int(step.may_text)
        assert step.breaker.confirmed == before.confirmed
        assert len(step.breaker.marks) <= max(rule.window / rule.mark_every + 2, 2)
        if step.opened:
            opened_at, trial = line.now, 0
        if step.closed:
            opened_at = None
        elif step.may_text and opened_at is not None:
            assert line.now - opened_at >= rule.cool_down
            trial += 1
            assert trial <= rule.trial_texts
        assert step.opened == (step.breaker.state is State.OPEN and before.state is not State.OPEN)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 600), st.sampled_from([PREFIX_RULE, COUNTRY_RULE]))
def test_an_attacker_who_never_answers_gets_a_trickle_for_ever(seconds: int, rule: Rule) -> None:
    line = Line(rule)
    line.open()
    first, start = len(line.sent), line.now
    end = start + timedelta(days=3)
    while line.now < end:
        line.later(timedelta(seconds=seconds * 7)).ask()
    rounds = (end - start) / (rule.cool_down + rule.grace) + 1
    assert len(line.sent) - first <= rule.trial_texts * rounds

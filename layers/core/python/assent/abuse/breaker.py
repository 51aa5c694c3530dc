"""Texts that nobody answers stop by themselves: a breaker per block of numbers and per country.

SMS pumping shows in one figure: confirmation texts go out and no confirmations come back. The
breaker opens on that, lets a few texts through after a while, and closes when people answer.
Pure: time comes in as an argument, totals only ever grow, and each decision names its news.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """`closed → open → half_open → closed`, or back to `open`."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Rule:
    """When to open: within `window`, at least `least_texts` texts have had `grace` to be answered,
    and fewer than `percent` of a hundred were. Open lasts `cool_down`; then `trial_texts` may go
    out, and when `grace` brings too few answers to them it is open again."""

    window: timedelta
    least_texts: int
    percent: int
    grace: timedelta
    cool_down: timedelta
    trial_texts: int

    @property
    def mark_every(self) -> timedelta:
        """How finely the window is remembered."""
        return min(self.window / 12, self.grace / 2)

    def is_answered(self, texts: int, confirmed: int) -> bool:
        """Return whether so many texts got their share of answers."""
        return confirmed * 100 >= self.percent * texts


# A real sign-up form sees well over half of its texts answered, most within minutes.
PREFIX_RULE = Rule(
    window=timedelta(hours=24),
    least_texts=10,
    percent=20,
    grace=timedelta(minutes=15),
    cool_down=timedelta(hours=6),
    trial_texts=2,
)
COUNTRY_RULE = Rule(
    window=timedelta(hours=6),
    least_texts=50,
    percent=20,
    grace=timedelta(minutes=15),
    cool_down=timedelta(hours=1),
    trial_texts=5,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the totals were at an instant."""

    at: datetime
    texts: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """One block's or country's totals and state. `confirmed` is only ever added to by those who
    hear the answers, so that they need not read; `marks` remember the window, oldest first, and
    begin anew at each change of state. `version` grows with each write of the rest."""

    texts: int = 0
    confirmed: int = 0
    state: State = State.CLOSED
    marks: tuple[Mark, ...] = ()
    version: int = 0

    @property
    def since(self) -> datetime | None:
        """When it came into this state, where it ever changed; else when it was first used."""
        return self.marks[0].at if self.marks else None


@dataclass(frozen=True, slots=True)
class Step:
    """What asking for one text came to. `opened`: this very question opened the breaker."""

    breaker: Breaker
    may_text: bool
    opened: bool = False
    closed: bool = False


def ask(breaker: Breaker, rule: Rule, now: datetime) -> Step:
    """Decide whether one more text may go out, and count it if so."""
    if breaker.state is State.OPEN:
        return _ask_open(breaker, rule, now)
    if breaker.state is State.HALF_OPEN:
        return _ask_half_open(breaker, rule, now)
    kept = _marked(breaker, rule, now)
    start = kept.marks[0]
    due = next((m for m in reversed(kept.marks) if now - m.at >= rule.grace), start)
    texts, confirmed = due.texts - start.texts, kept.confirmed - start.confirmed
    if texts >= rule.least_texts and not rule.is_answered(texts, confirmed):
        return Step(_turned(kept, State.OPEN, now), may_text=False, opened=True)
    return Step(_texted(kept), may_text=True)


def _ask_open(breaker: Breaker, rule: Rule, now: datetime) -> Step:
    if now - breaker.marks[0].at < rule.cool_down:
        return Step(breaker, may_text=False)
    return Step(_tried(_turned(breaker, State.HALF_OPEN, now), now), may_text=True)


def _ask_half_open(breaker: Breaker, rule: Rule, now: datetime) -> Step:
    start = breaker.marks[0]
    texts, confirmed = breaker.texts - start.texts, breaker.confirmed - start.confirmed
    # Rounded up: one answer at the least, and half of the trial at that.
    if confirmed * 2 >= rule.trial_texts:
        return Step(_texted(_turned(breaker, State.CLOSED, now)), may_text=True, closed=True)
    if texts < rule.trial_texts:
        return Step(_tried(breaker, now), may_text=True)
    if now - breaker.marks[-1].at < rule.grace:
        return Step(breaker, may_text=False)
    return Step(_turned(breaker, State.OPEN, now), may_text=False, opened=True)


def _turned(breaker: Breaker, state: State, now: datetime) -> Breaker:
    return replace(breaker, state=state, marks=(Mark(now, breaker.texts, breaker.confirmed),))


def _texted(breaker: Breaker) -> Breaker:
    return replace(breaker, texts=breaker.texts + 1)


def _tried(breaker: Breaker, now: datetime) -> Breaker:
    """Count a text of the trial; the mark says when, since its answer has time from then on."""
    mark = Mark(now, breaker.texts, breaker.confirmed)
    return _texted(replace(breaker, marks=(*breaker.marks, mark)))


def _marked(breaker: Breaker, rule: Rule, now: datetime) -> Breaker:
    """Return the breaker with a mark of late, and without those from before the window."""
    marks = breaker.marks
    if not marks or now - marks[-1].at >= rule.mark_every:
        marks = (*marks, Mark(now, breaker.texts, breaker.confirmed))
    first = next((i for i, m in enumerate(marks) if now - m.at <= rule.window), len(marks) - 1)
    return replace(breaker, marks=marks[first:])


class Breakers(Protocol):
    """Where breakers are kept, by subject."""

    def breaker(self, subject: str) -> Breaker:
        """Return the breaker, read consistently; a new one for a subject never seen."""
        ...

    def save(self, subject: str, breaker: Breaker, at: datetime) -> None:
        """Write all but `confirmed`, with `version` one higher. Raises ChangedMeanwhileError when
        the stored version is not this one's, and TryAgainError."""
        ...

    def confirmed(self, subject: str, at: datetime) -> None:
        """Add one confirmation: one write, no reading. Raises TryAgainError."""
        ...

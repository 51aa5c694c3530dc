"""Holds sign-ups to the limits and texts to the breakers, and hears who confirmed.

At the door, only what everybody may know is asked (address, block of numbers, the total), so that
an answer never depends on a person; the rest is asked behind it, where nobody hears the answer.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.abuse.breaker import COUNTRY_RULE, PREFIX_RULE, Step, ask
from assent.abuse.counters import Subjects, subject_of_all, window_key
from assent.abuse.limits import Scope, limits
from assent.errors import ChangedMeanwhileError, TooManyRequestsError, TryAgainError

if TYPE_CHECKING:
    from datetime import datetime

    from assent.abuse.breaker import Breakers, Rule
    from assent.abuse.counters import Counters
    from assent.abuse.limits import Limit, Limits
    from assent.clock import Clock
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber

_TRIES = 5


class Withheld(StrEnum):
    """Why no text goes out although the person could have one. Stored in events, counted."""

    NUMBER = "number_limit"
    COUNTRY = "country_limit"
    ALL = "total_limit"
    PREFIX_BREAKER = "prefix_breaker"
    COUNTRY_BREAKER = "country_breaker"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`withheld` None: one text may go out, and is counted. `opened`: this opened a breaker."""

    withheld: Withheld | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """What is asked before a sign-up is taken in."""

    counters: Counters
    subjects: Subjects
    clock: Clock
    limits: Limits = field(default_factory=limits)

    def pass_in(self, ip: str, phone: PhoneNumber, *, has_token: bool) -> None:
        """Count a sign-up. Raises TooManyRequestsError, by address, block or total alone."""
        now = self.clock.now()
        in_all = self.limits[Scope.ALL]
        key = window_key(in_all, subject_of_all(Scope.ALL), now)
        if self.counters.count(key) >= in_all.most_for(has_token=has_token):
            raise _too_many(in_all, now)
        for scope, subject in (
            (Scope.IP, self.subjects.ip(ip)),
            (Scope.PREFIX, self.subjects.prefix(phone)),
        ):
            limit = self.limits[scope]
            most = limit.most_for(has_token=has_token)
            if not self.counters.take(window_key(limit, subject, now), most, limit.ends_at(now)):
                raise _too_many(limit, now)


@dataclass(frozen=True, slots=True)
class TextGuard:
    """What is asked before a confirmation text goes out. `percent` of them must be answered."""

    counters: Counters
    breakers: Breakers
    subjects: Subjects
    clock: Clock
    limits: Limits = field(default_factory=limits)
    percent: int = PREFIX_RULE.percent

    def is_number_worn(self, subscriber_key: SubscriberKey) -> bool:
        """Count a sign-up for this number; return whether today's are used up."""
        return not self._take(Scope.NUMBER, subscriber_key, has_token=True)

    def is_first_word_of_it(self, subscriber_key: SubscriberKey) -> bool:
        """Return True once per number and day: then its history says that the limit was met."""
        now, limit = self.clock.now(), self.limits[Scope.NUMBER]
        key = f"told#{window_key(limit, subscriber_key, now)}"
        return self.counters.take(key, 1, limit.ends_at(now))

    def may_text(self, phone: PhoneNumber, *, has_token: bool) -> Verdict:
        """Decide on one text and count it where it may go.

        Breakers are looked at first, so that what they withhold uses up nobody's share.
        Raises TryAgainError.
        """
        now, country = self.clock.now(), phone.country
        by_prefix = replace(PREFIX_RULE, percent=self.percent)
        by_country = replace(COUNTRY_RULE, percent=self.percent)
        scopes = (
            (self.subjects.prefix(phone), by_prefix, Withheld.PREFIX_BREAKER),
            (self.subjects.country(country), by_country, Withheld.COUNTRY_BREAKER),
        )
        for subject, rule, withheld in scopes:
            step = ask(self.breakers.breaker(subject), rule, now)
            if not step.may_text:
                return Verdict(withheld, opened=self._turn(subject, rule, now).opened)
        if not self._take(Scope.COUNTRY, country, has_token=has_token):
            return Verdict(Withheld.COUNTRY)
        if not self._take(Scope.ALL, subject_of_all(Scope.ALL), has_token=has_token):
            return Verdict(Withheld.ALL)
        for subject, rule, withheld in scopes:
            # Asked again in earnest: somebody may have been first to the last text of a trial.
            step = self._turn(subject, rule, now)
            if not step.may_text:
                return Verdict(withheld, opened=step.opened)
        return Verdict()

    def _turn(self, subject: str, rule: Rule, now: datetime) -> Step:
        """Ask a breaker and keep what it became."""
        for _ in range(_TRIES):
            before = self.breakers.breaker(subject)
            step = ask(before, rule, now)
            try:
                if step.breaker != before:
                    self.breakers.save(subject, step.breaker, now)
            except ChangedMeanwhileError:
                continue
            return step
        message = "others keep asking this breaker; try again"
        raise TryAgainError(message)

    def _take(self, scope: Scope, subject: str, *, has_token: bool) -> bool:
        now, limit = self.clock.now(), self.limits[scope]
        most = limit.most_for(has_token=has_token)
        return self.counters.take(window_key(limit, subject, now), most, limit.ends_at(now))


@dataclass(frozen=True, slots=True)
class Conversions:
    """Tells the breakers that a confirmation text was answered."""

    breakers: Breakers
    subjects: Subjects
    clock: Clock

    def confirmed(self, phone: PhoneNumber) -> None:
        """Add one confirmation to the number's block and country: one write each.

        Never raises for a store that does not answer: consent stands already, and an answer that
        is not counted only makes a breaker stricter.
        """
        now = self.clock.now()
        with suppress(TryAgainError):
            self.breakers.confirmed(self.subjects.country(phone.country), now)
        with suppress(TryAgainError):
            self.breakers.confirmed(self.subjects.prefix(phone), now)


def _too_many(limit: Limit, now: datetime) -> TooManyRequestsError:
    seconds = max(1, int((limit.ends_at(now) - now).total_seconds()) + 1)
    message = "Too many sign-ups just now. Try again later."
    return TooManyRequestsError(message, retry_after_seconds=seconds)

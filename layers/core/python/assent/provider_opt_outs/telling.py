"""Us to provider: each notice is carried out as the person's standing says by now.

A notice is forgotten only after the provider has answered, so a crash can only repeat a call that
may be repeated. Nothing we send depends on it: our own standing is the fence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.errors import TryAgainError
from assent.provider_opt_outs.model import Removed
from assent.provider_opt_outs.outbox import ASK_AGAIN_AFTER, SETTLES_AFTER, NoticeState
from assent.provider_opt_outs.spacing import Spacing

if TYPE_CHECKING:
    from datetime import timedelta

    from assent.clock import Clock
    from assent.consent.model import ConsentStore
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber
    from assent.provider_opt_outs.model import ProviderOptOutList
    from assent.provider_opt_outs.outbox import Notice, Outbox

_FAILURES_IN_A_ROW = 5


class Told(StrEnum):
    """What became of a notice."""

    ADDED = "added"
    NOT_SUPPORTED = "not_supported"
    REFUSED = "refused"
    NO_NUMBER = "no_number"
    REMOVED = "removed"
    BLOCKED = "blocked"
    SETTLED = "settled"
    FAILED = "failed"


@dataclass(slots=True)
class Telling:
    """What one run did. `met` counts the notices found, by state, those not due included; `blocked`
    are the numbers refused a restoration in this run, `still_blocked` how many were so before."""

    met: Counter[NoticeState] = field(default_factory=Counter)
    told: Counter[Told] = field(default_factory=Counter)
    blocked: list[SubscriberKey] = field(default_factory=list)
    still_blocked: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Teller:
    """Carries out notices."""

    opt_outs: ProviderOptOutList
    store: ConsentStore
    outbox: Outbox
    clock: Clock

    def tell(self, deadline: float) -> Telling:
        """Carry out every notice that is due, until `deadline` (monotonic seconds). A notice that
        fails waits for the next run; after several in a row the provider is left alone."""
        telling, spacing = Telling(), Spacing(self.clock, self.opt_outs.rates.writes)
        failures = 0
        for notice in self.outbox.notices():
            telling.met[notice.state] += 1
            if notice.next_at > self.clock.now():
                telling.still_blocked += notice.state is NoticeState.BLOCKED
                continue
            if failures >= _FAILURES_IN_A_ROW or self.clock.monotonic() >= deadline:
                telling.is_complete = False
                break
            told = self._tell_or_leave(notice, spacing)
            failures = failures + 1 if told is Told.FAILED else 0
            telling.told[told] += 1
            if told is Told.BLOCKED:
                telling.blocked.append(notice.subscriber_key)
        return telling

    def _tell_or_leave(self, notice: Notice, spacing: Spacing) -> Told:
        try:
            return self._tell(notice, spacing)
        except TryAgainError:
            return Told.FAILED

    def _tell(self, notice: Notice, spacing: Spacing) -> Told:
        if notice.state is NoticeState.SETTLING:
            self.outbox.done(notice)
            return Told.SETTLED
        standing = self.store.standing(notice.subscriber_key)
        if standing is None or standing.phone is None:
            self.outbox.done(notice)
            return Told.NO_NUMBER
        spacing.wait()
        if standing.stopped_at is None:
            return self._restore(notice, standing.phone, spacing)
        added = self.opt_outs.add(standing.phone)
        self.outbox.done(notice)
        return Told(added.value)

    def _restore(self, notice: Notice, phone: PhoneNumber, spacing: Spacing) -> Told:
        """Look first: whoever is not listed keeps the one restoration of these 30 days."""
        removed = Removed.REMOVED
        if self.opt_outs.is_opted_out(phone):
            spacing.wait()
            removed = self.opt_outs.remove(phone)
        if removed is Removed.REFUSED:
            self.outbox.done(notice)
            return Told.REFUSED
        if removed is Removed.TOO_SOON:
            self._later(notice, NoticeState.BLOCKED, ASK_AGAIN_AFTER)
            return Told.BLOCKED
        self._later(notice, NoticeState.SETTLING, SETTLES_AFTER)
        return Told.REMOVED

    def _later(self, notice: Notice, state: NoticeState, after: timedelta) -> None:
        self.outbox.postpone(notice, state, self.clock.now() + after)

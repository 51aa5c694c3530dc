"""Who enters a flow, and when: the same rules for what is reported and for what is looked for.

A person enters with consent to the flow's programme, for an occasion of the last days and of the
time since activation, and again only after the flow's own interval. The entry is one conditional
write, so telling of an occasion twice enters nobody twice.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.audience.engagement import Act
from assent.consent.model import ConsentStatus
from assent.flows.model import OCCASION_LIFE, Enrolment, FlowStatus, Occasion

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.audience.subscriber import Subscriber
    from assent.clock import Clock
    from assent.flows.model import EnrolmentStore, Flow, FlowStore
    from assent.identifiers import SubscriberKey

# What the person does; texts that we send are no sign of life.
_OWN_ACTS = (Act.CLICKED, Act.REPLIED, Act.PURCHASED, Act.VISITED)
_LISTED_FOR_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Entering:
    """Lets people into flows."""

    enrolments: EnrolmentStore
    clock: Clock

    def enter(self, flow: Flow, person: Subscriber, at: datetime) -> bool:
        """Enrol the person for an occasion at `at`; False when they may not enter, or did before.
        Raises TryAgainError."""
        now = self.clock.now()
        if not is_fresh(flow, at, now) or not _may_be_texted(flow, person):
            return False
        key = person.standing.subscriber_key
        before = self.enrolments.enrolment(flow.flow_id, key)
        if before is not None and not _may_enter_again(flow, before, at):
            return False
        due_at = max(now, at + timedelta(hours=flow.plan.steps[0].after_hours))
        entry = before.entry + 1 if before else 1
        version = before.version + 1 if before else 1
        new = Enrolment(flow.flow_id, key, entry, at, 0, due_at, due_at, version=version)
        return self.enrolments.enrol(new, before)


class Reporting:
    """Enrols at once whom a reported purchase or visit starts a flow for. Flows are listed anew
    after half a minute, so a call costs nothing where no flow waits for its kind."""

    def __init__(
        self,
        flows: FlowStore,
        entering: Entering,
        person: Callable[[SubscriberKey], Subscriber | None],
        clock: Clock,
    ) -> None:
        self._flows = flows
        self._entering = entering
        self._person = person
        self._clock = clock
        self._listed: tuple[float, list[Flow]] | None = None

    def reported(self, subscriber_key: SubscriberKey, kind: str, at: datetime | None) -> int:
        """Return how many flows the person entered. Raises TryAgainError: report it again."""
        waiting = [flow for flow in self._active() if flow.plan.trigger.occasion == kind]
        person = self._person(subscriber_key) if waiting else None
        if person is None:
            return 0
        when = at or self._clock.now()
        return sum(self._entering.enter(flow, person, when) for flow in waiting)

    def _active(self) -> list[Flow]:
        now = self._clock.monotonic()
        if self._listed is None or now - self._listed[0] >= _LISTED_FOR_SECONDS:
            found = [each for each in self._flows.flows() if each.status is FlowStatus.ACTIVE]
            self._listed = (now, found)
        return self._listed[1]


def occasion_of(flow: Flow, person: Subscriber, now: datetime) -> datetime | None:
    """Return when the person last came to what starts the flow, as far as the subscriber tells;
    None: not lately, or it is something that is reported."""
    consent = person.standing.consent_to(flow.plan.programme_id)
    if consent is None or consent.status is not ConsentStatus.CONFIRMED:
        return None
    trigger = flow.plan.trigger
    found: datetime | None = None
    if trigger.occasion is Occasion.SIGN_UP:
        found = consent.at
    elif trigger.occasion is Occasion.ANNIVERSARY:
        found = _anniversary(consent.at, now)
    elif trigger.occasion is Occasion.INACTIVITY and trigger.days is not None:
        found = _last_sign(person, consent.at) + timedelta(days=trigger.days)
    return found if found is not None and is_fresh(flow, found, now) else None


def is_fresh(flow: Flow, at: datetime, now: datetime) -> bool:
    """Whether an occasion at `at` can start the flow at `now`. A reporter's clock may be ahead by
    minutes, and the API permits that."""
    if flow.status is not FlowStatus.ACTIVE or flow.activated_at is None:
        return False
    return max(flow.activated_at, now - OCCASION_LIFE) <= at <= now + timedelta(minutes=5)


def _anniversary(since: datetime, now: datetime) -> datetime | None:
    """Return the last anniversary, None in the first year. Who signed up on 29 February has theirs
    on the 28th in years without one."""
    for year in (now.year, now.year - 1):
        last_day = calendar.monthrange(year, since.month)[1]
        at = since.replace(year=year, day=min(since.day, last_day))
        if at <= now:
            return at if year > since.year else None
    return None


def _last_sign(person: Subscriber, since: datetime) -> datetime:
    acts = (person.engagement.get(act) for act in _OWN_ACTS)
    return max([since, *(act.last_at for act in acts if act is not None)])


def _may_be_texted(flow: Flow, person: Subscriber) -> bool:
    standing = person.standing
    is_confirmed = standing.status_of(flow.plan.programme_id) is ConsentStatus.CONFIRMED
    is_at_rest = standing.stopped_at is not None or standing.restricted_at is not None
    return is_confirmed and not is_at_rest and standing.phone is not None


def _may_enter_again(flow: Flow, before: Enrolment, at: datetime) -> bool:
    days = flow.plan.re_entry_days
    if before.ended is None or days is None:
        return False
    return at >= before.entered_at + timedelta(days=days)

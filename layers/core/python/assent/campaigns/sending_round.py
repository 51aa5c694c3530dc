"""One pass over the people of a batch who have no fate yet: prepare all, then text at slot times.

Texts of one length go together, because a change of length costs rate. Preparing settles nobody
for good whom the claim does not settle again; it keeps slots from being spent on those who are out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from assent.campaigns.allowance import Ask, Exhausted
from assent.campaigns.may_send import Verdict, may_send
from assent.campaigns.model import CampaignStatus, Fate
from assent.campaigns.personal_links import links_in, tracked_in
from assent.campaigns.sending_one import Ended, Ready
from assent.campaigns.sending_slots import Slots
from assent.campaigns.sending_status import stands_back
from assent.campaigns.turns import give_back
from assent.campaigns.whereabouts import whereabouts_of
from assent.errors import TryAgainError
from assent.messages.template import NotRenderable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.allowance import Allowance
    from assent.campaigns.guardrails import Guardrails
    from assent.campaigns.personal_links import PersonalLinks
    from assent.campaigns.sending_one import Texting
    from assent.campaigns.sending_status import StatusWatch
    from assent.campaigns.sending_workers import Workers
    from assent.campaigns.words import Words
    from assent.clock import Clock
    from assent.messages.pace import Pace

_PATIENCE = timedelta(seconds=10)


class Halt(StrEnum):
    """Why a pass ended; `finished`: everybody had a turn."""

    FINISHED = "finished"
    STOOD_BACK = "stood_back"
    CANCELLED = "cancelled"
    OUT_OF_TIME = "out_of_time"
    THROTTLED = "throttled"
    FAILING = "failing"
    BARRED = "barred"
    DAY_SPENT = "day_spent"
    MONTH_SPENT = "month_spent"


@dataclass(frozen=True, slots=True)
class Round:
    """A pass of one worker. `stop_at` is in monotonic seconds; no text is begun after it.
    `planned_parts` is what the batch took its turn for."""

    texting: Texting
    words: Words
    links: PersonalLinks
    watch: StatusWatch
    pace: Pace
    workers: Workers
    clock: Clock
    run: int
    stop_at: float
    planned_parts: int
    guardrails: Guardrails
    allowance: Allowance | None = None

    def text_all(self, people: Iterable[Subscriber]) -> Halt:
        """Text everybody who may be texted now. Those who may only later stay without a fate."""
        prepared = [ready for person in people if (ready := self._prepared(person)) is not None]
        if self.allowance is None:
            return self._text_prepared(prepared)
        return self._text_allowed(prepared, self.allowance)

    def _text_allowed(self, prepared: Sequence[Ready], allowance: Allowance) -> Halt:
        """Text as many as the sender's day and month allow; give back what did not leave."""
        grant = allowance.take([_ask(ready) for ready in prepared])
        granted = prepared[: grant.texts]
        try:
            halt = self._text_prepared(granted)
        finally:
            still_open = set(self.texting.tally.open)
            left = [r for r in granted if r.subscriber.standing.subscriber_key in still_open]
            allowance.give_back(grant, [_ask(ready) for ready in left])
        if halt is not Halt.FINISHED or grant.exhausted is None:
            return halt
        return Halt.DAY_SPENT if grant.exhausted is Exhausted.DAY else Halt.MONTH_SPENT

    def _text_prepared(self, prepared: Sequence[Ready]) -> Halt:
        by_parts: dict[int, deque[Ready]] = defaultdict(deque)
        for ready in prepared:
            by_parts[ready.rendered.parts].append(ready)
        needed = sum(parts * len(queue) for parts, queue in by_parts.items())
        give_back(self.pace, self.planned_parts - needed)
        try:
            halts = (
                self._text_queue(by_parts[parts], parts, is_first=number == 0)
                for number, parts in enumerate(sorted(by_parts))
            )
            return next((halt for halt in halts if halt is not None), Halt.FINISHED)
        finally:
            self.workers.finish()

    def _prepared(self, person: Subscriber) -> Ready | None:
        standing, tally = person.standing, self.texting.tally
        if standing.phone is None:
            tally.settle(standing.subscriber_key, Fate.SUPPRESSED, "no_phone")
            return None
        where = whereabouts_of(person, self.texting.campaign.definition.hours)
        decision = may_send(person, self.texting.campaign, self.clock.now(), where)
        if decision.verdict is Verdict.NO:
            tally.settle(standing.subscriber_key, Fate.SUPPRESSED, decision.reason)
        if decision.verdict is not Verdict.MAY:
            return None
        programme_id = self.texting.campaign.definition.programme_id
        wording = self.words.wording_of(standing.subscriber_key)
        text = wording.text_for(person)
        links = links_in(text, self.links, standing, programme_id)
        campaign_id = self.texting.campaign.campaign_id
        followed = tracked_in(text, wording.numbers, self.links, standing, campaign_id)
        rendered = text.render(person.profile, {**links, **followed})
        if isinstance(rendered, NotRenderable):
            tally.settle(standing.subscriber_key, Fate.NOT_RENDERABLE, _why(rendered))
            return None
        return Ready(person, standing.phone, where, rendered, wording.variant)

    def _text_queue(self, queue: deque[Ready], parts: int, *, is_first: bool) -> Halt | None:
        """Hand one text after the other to a worker, shortly before there is a slot for it, until
        the queue is empty (None) or sending ends."""
        slots = Slots(self.pace, parts, self.workers.aside, is_newcomer=is_first)
        while queue:
            self.workers.wait_for_one()
            left = timedelta(seconds=self.stop_at - self.clock.monotonic())
            try:
                begin_at = slots.begin_at(len(queue), min(left, _PATIENCE))
            except TryAgainError:
                return Halt.OUT_OF_TIME
            if begin_at is not None:
                self.clock.sleep((begin_at - self.clock.now()).total_seconds())
            halt = self._halt()
            if halt is not None:
                return halt
            if begin_at is not None:
                slots.begin()
                self.workers.run(partial(self.texting.text, queue.popleft(), slots))
        return None

    def _halt(self) -> Halt | None:
        """Return why no further text may begin, None when one may."""
        campaign = self.watch.campaign()
        if stands_back(campaign, self.run):
            return Halt.STOOD_BACK
        if campaign.status is not CampaignStatus.RUNNING:
            return Halt.CANCELLED
        if self.clock.monotonic() >= self.stop_at:
            return Halt.OUT_OF_TIME
        return self._trouble()

    def _trouble(self) -> Halt | None:
        if Ended.BARRED in self.workers.ended:
            return Halt.BARRED
        if Ended.THROTTLED in self.workers.ended:
            return Halt.THROTTLED
        failed, tried = self.texting.tally.failures()
        return Halt.FAILING if self.guardrails.is_failing(failed, tried) else None


def _ask(ready: Ready) -> Ask:
    return Ask(ready.subscriber.country, ready.rendered.parts)


def _why(rendered: NotRenderable) -> str:
    return ",".join(rendered.missing) or rendered.reason

"""Campaigns and people's replies on one number, in virtual time: who texts when.

The turns, the bucket and the rule of lateness are the shipped ones. Children ask for their turn as
the state machine does, workers lease and publish as slots do, and machines stall and jitter.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.model import Batch
from assent.campaigns.sending_lateness import Lateness
from assent.campaigns.turns import Turns
from assent.identifiers import CampaignId
from assent.messages.pace import (
    CAMPAIGN_HORIZON,
    LEAD,
    REPLY_HORIZON,
    TOLERANCE,
    Ask,
    Booking,
    Lease,
    instant_of,
    micros,
    spacing,
)
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_rate_store import InMemoryRateStore
from tests.unit.campaigns.world import key_of, running

if TYPE_CHECKING:
    from collections.abc import Generator
    from random import Random

    from assent.messages.pace import Busy

    # Yields how long it waits, in µs.
    Process = Generator[int, None, None]

NUMBER = "+12065550100"
REPLIES = "replies"
SECOND = 1_000_000
_HORIZON = CAMPAIGN_HORIZON // timedelta(microseconds=1)
_NEWCOMERS_HORIZON, _NEWCOMERS_PATIENCE = 300_000, 6 * SECOND
_REPLY_HORIZON = REPLY_HORIZON // timedelta(microseconds=1)
_TOLERANCE = TOLERANCE // timedelta(microseconds=1)
_LEAD = LEAD // timedelta(microseconds=1)
_START_UP = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign: its children under way and the parts of each batch and text."""

    name: str
    children: int = 2
    batch: int = 1000
    width: int = 1


@dataclass
class Street:
    """`jitter` is how late a thread wakes at most, in µs; `stalls` how often a machine stands
    still for up to a quarter of a second, as a share of texts."""

    rate: int
    plans: list[Plan]
    chance: Random
    jitter: int = 2_000
    stalls: float = 0.0
    replies_a_second: float = 0.0
    published: list[tuple[int, int, str]] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    unanswered: int = 0

    def run(self, seconds: int) -> Street:
        """Let everybody text for so long; return the street."""
        self._clock, self._rates = FrozenClock(), InMemoryRateStore()
        campaigns = InMemoryCampaignStore()
        for plan in self.plans:
            campaigns.create(replace(running(), campaign_id=CampaignId(plan.name)))
        self._turns = Turns(campaigns, self._rates, self._clock, NUMBER, self.rate)
        self._begun = micros(NOON)
        order = itertools.count()
        queue: list[tuple[int, int, Process]] = []

        def start(process: Process) -> None:
            heapq.heappush(
                queue, (self._begun + self.chance.randrange(SECOND), next(order), process)
            )

        for plan in self.plans:
            for _ in range(plan.children):
                start(self._child(plan))
        if self.replies_a_second:
            start(self._replies())
        while queue and queue[0][0] < self._begun + seconds * SECOND:
            at, _, process = heapq.heappop(queue)
            self._clock.advance(instant_of(at) - self._clock.now())
            wait = next(process, None)
            if wait is not None:
                heapq.heappush(queue, (at + max(wait, 1), next(order), process))
        self.published.sort()
        return self

    @property
    def _now(self) -> int:
        return micros(self._clock.now())

    def _child(self, plan: Plan) -> Process:
        for number in itertools.count():
            batch = Batch(f"b{number}", (key_of(number),), plan.batch)
            waited = 0
            while True:
                turn = self._turns.turn(CampaignId(plan.name), 1, batch, waited)
                if turn.may_begin:
                    break
                waited += turn.wait_seconds
                yield turn.wait_seconds * SECOND + self.chance.randrange(100_000)
            yield _START_UP + self.chance.randrange(SECOND)
            yield from self._worker(plan)

    def _worker(self, plan: Plan) -> Process:
        """Publish one batch; a slot that was missed costs another one."""
        lateness, left = Lateness(self.rate), plan.batch // plan.width
        slots: deque[int] = deque()
        modest_until = self._now + _NEWCOMERS_PATIENCE
        while left:
            if len(slots) < left and (not slots or slots[-1] < self._now + _HORIZON - 50_000):
                horizon = _NEWCOMERS_HORIZON if self._now < modest_until else _HORIZON
                answer = self._book(plan.width, left - len(slots), horizon)
                if isinstance(answer, Booking):
                    modest_until = 0
                    lateness.leased(_lease(answer))
                    slots.extend(
                        answer.starts_at + n * answer.interval for n in range(answer.texts)
                    )
                elif not slots:
                    yield answer.free_at - horizon - self._now
                    continue
            slot = slots.popleft()
            yield slot - self._now + self._lag()
            left -= yield from self._publish(lateness, slot, plan)

    def _publish(self, lateness: Lateness, slot: int, plan: Plan) -> Generator[int, None, bool]:
        """Return whether the text went out; the slot can be gone by."""
        while True:
            found = lateness.publish_at(instant_of(slot), plan.width, self._clock.now())
            if found is None:
                return False
            if found == self._clock.now():
                self.published.append((self._now, plan.width, plan.name))
                return True
            yield micros(found) - self._now + self._lag()

    def _replies(self) -> Process:
        """People text at random; each is answered in a slot of its own, or after three seconds
        not."""
        while True:
            yield int(self.chance.expovariate(self.replies_a_second) * SECOND)
            asked, is_sent = self._now, False
            while not is_sent:
                answer = self._book(1, 1, _REPLY_HORIZON)
                if not isinstance(answer, Booking):
                    self.unanswered += 1
                    break
                yield answer.starts_at - self._now + self._lag()
                is_sent = self._now <= answer.starts_at + _TOLERANCE
            if is_sent:
                self.published.append((self._now, 1, REPLIES))
                self.waits.append(self._now - asked)

    def _lag(self) -> int:
        if self.chance.random() < self.stalls:
            return self.chance.randrange(250_000)
        return self.chance.randrange(self.jitter)

    def _book(self, width: int, texts: int, horizon: int) -> Booking | Busy:
        interval = spacing(width, width, self.rate)
        most = 1 + (SECOND - 1) // interval
        ask = Ask(min(texts, most), width, self.rate, self._now + _LEAD, self._now + horizon)
        return self._rates.book(NUMBER, ask)

    def busiest_second(self) -> int:
        """Return the most parts in any half-open second."""
        most = parts = first = 0
        for at, width, _ in self.published:
            parts += width
            while self.published[first][0] <= at - SECOND:
                parts -= self.published[first][1]
                first += 1
            most = max(most, parts)
        return most

    def held(self, after: int = 10) -> float:
        """Return the share of the rate that was used, once all had begun."""
        since = self._begun + after * SECOND
        late = [(at, width) for at, width, _ in self.published if at >= since]
        return (
            sum(width for _, width in late[:-1]) * SECOND / (late[-1][0] - late[0][0]) / self.rate
        )

    def parts_of(self, name: str) -> int:
        return sum(width for _, width, whose in self.published if whose == name)

    def longest_silence(self, name: str) -> float:
        """Return the most seconds in which this campaign texted nobody."""
        instants = [self._begun, *(at for at, _, whose in self.published if whose == name)]
        instants.append(self.published[-1][0])
        return max(b - a for a, b in itertools.pairwise(instants)) / SECOND


def _lease(booking: Booking) -> Lease:
    step = timedelta(microseconds=booking.interval)
    return Lease(instant_of(booking.starts_at), step, booking.texts, booking.width)

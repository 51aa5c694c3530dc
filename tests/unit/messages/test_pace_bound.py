"""The promise itself, in virtual time: many workers, each with its own clock and its own delays."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assent.messages.pace import (
    CAMPAIGN_HORIZON,
    LEAD,
    SLACK,
    TOLERANCE,
    Ask,
    Booking,
    Bucket,
    book,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

SECOND = 1_000_000
LEAD_US, TOLERANCE_US = LEAD.microseconds, TOLERANCE.microseconds
HORIZON_US = CAMPAIGN_HORIZON.seconds * SECOND
SPREAD_US = SLACK.microseconds - TOLERANCE_US


@dataclass
class Street:
    """Workers who lease from one bucket and publish in their slots. Times are µs of true time."""

    rate: int
    widths: Sequence[int]
    skews: Sequence[int]
    chance: Random
    slowest_claim: int
    bucket: Bucket = field(default_factory=Bucket)
    published: list[tuple[int, int]] = field(default_factory=list)

    def run(self, seconds: int) -> None:
        queue = [(self.chance.randrange(SECOND // 10), worker) for worker in range(len(self.skews))]
        heapq.heapify(queue)
        while queue[0][0] < seconds * SECOND:
            now, worker = heapq.heappop(queue)
            heapq.heappush(queue, (self._turn(now, self.skews[worker]), worker))
        self.published.sort()

    def _turn(self, now: int, skew: int) -> int:
        """One lease of one worker; return when it leases again."""
        width, shown = self.chance.choice(self.widths), now + skew
        interval = Ask(1, width, self.rate, 0, 0).interval
        texts = self.chance.randint(1, 1 + (SECOND - 1) // interval)
        latest = shown + max(HORIZON_US, LEAD_US)
        answer = book(self.bucket, Ask(texts, width, self.rate, shown + LEAD_US, latest))
        if not isinstance(answer, Booking):
            return max(now + 1000, answer.free_at - HORIZON_US - skew) + self.chance.randrange(5000)
        self.bucket = answer.bucket
        for index in range(answer.texts):
            self._publish(answer.starts_at + index * answer.interval, width, skew)
        return max(now + 1, answer.bucket.last_slot - LEAD_US - skew) + self.chance.randrange(5000)

    def _publish(self, slot: int, width: int, skew: int) -> None:
        claimed = slot - LEAD_US + self.chance.randrange(self.slowest_claim)
        shown = max(slot, claimed) + self.chance.randrange(3000)
        if shown <= slot + TOLERANCE_US:
            self.published.append((shown - skew, width))

    def busiest_second(self) -> int:
        """Return the most parts in any half-open second."""
        most = parts = first = 0
        for at, width in self.published:
            parts += width
            while self.published[first][0] <= at - SECOND:
                parts -= self.published[first][1]
                first += 1
            most = max(most, parts)
        return most

    def parts_per_second(self) -> float:
        span = self.published[-1][0] - self.published[0][0]
        return sum(width for _, width in self.published[:-1]) * SECOND / span


skews = st.lists(st.integers(0, SPREAD_US), min_size=1, max_size=8)
randoms = st.randoms(use_true_random=False)
simulated = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@simulated
@given(st.integers(1, 120), skews, randoms, st.data())
def test_no_second_holds_more_parts_than_the_rate(
    rate: int, skews: list[int], chance: Random, data: st.DataObject
) -> None:
    widths = data.draw(st.lists(st.integers(1, min(rate, 10)), min_size=1, max_size=4))
    street = Street(rate, widths, skews, chance, slowest_claim=80_000)
    street.run(8)
    assert street.busiest_second() <= rate


@simulated
@given(st.sampled_from([1, 2, 5, 10, 20, 50, 100]), skews, randoms)
def test_at_least_98_percent_is_used_when_claims_are_in_time(
    rate: int, skews: list[int], chance: Random
) -> None:
    street = Street(rate, [1], skews, chance, slowest_claim=LEAD_US)
    street.run(30)
    assert street.parts_per_second() >= 0.98 * rate


@simulated
@given(st.sampled_from([20, 50, 100]), st.integers(20_000, 500_000), randoms)
def test_clocks_that_differ_by_more_exceed_the_rate_by_no_more_than_what_they_differ(
    rate: int, apart: int, chance: Random
) -> None:
    street = Street(rate, [1], [0, apart], chance, slowest_claim=80_000)
    street.run(8)
    assert street.busiest_second() <= rate + -(-rate * apart // SECOND)


@simulated
@given(st.integers(1, 5), st.integers(1, 6), randoms)
def test_a_text_wider_than_a_second_is_alone_in_its_second(
    rate: int, more: int, chance: Random
) -> None:
    street = Street(rate, [1, rate + more], [0, 0], chance, slowest_claim=LEAD_US)
    street.run(30)
    assert street.busiest_second() <= rate + more

"""Never more parts in a second than the number may send, and hardly fewer.

One bucket per origination identity hands out slots: instants at which one text may be published.
Slots are spaced so that lateness within TOLERANCE cannot crowd a second, whoever holds them, so
workers share nothing but the bucket. There is no refund: a slot that is missed is gone.

The bound. Let R be parts per second and W one second plus SLACK. Texts of p parts follow each
other by W / floor(R / p), and a text of b parts follows one of a != b by (a + b - 1) * W / R.
Then no half-open second holds more than R published parts, for any mix of widths p <= R, as long
as lateness (enforced: TOLERANCE) and the spread of the workers' clocks stay within SLACK; clocks
further apart by s add at most R * s parts once. A text of p > R parts is alone in its second.
Proof for one width: the slots that can be published in a second lie within W, so they are at most
floor(R / p). For k runs of widths p_1..p_k: within runs, parts but each run's last one are spaced
by at least p * W / R, so their sum is below R less the changes' sum of (p_i + p_i+1 - 1), which
is at least p_1 + .. + p_k - 1; adding the last of each run gives at most R.
Used: 1 / (1 + SLACK) = 98.7 % of R where p divides R, and of the most that a whole number of
texts allows where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from assent.errors import TryAgainError

if TYPE_CHECKING:
    from assent.clock import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000

# How late after its slot a text may still be handed to the carrier's client.
TOLERANCE = timedelta(milliseconds=5)
# Tolerance and, beyond it, how long that client takes to begin and how far apart the workers'
# clocks are (Lambda's are within 1 ms).
SLACK = TOLERANCE + timedelta(milliseconds=8)
# Time before a slot in which its holder claims the recipient, so as to publish on the slot.
LEAD = timedelta(milliseconds=50)
# A lease covers no more than this, so that a crash loses no more.
LEASE_LENGTH = timedelta(seconds=1)
# A campaign waits before it queues further ahead than this, so that a reply waits little more than
# 2 s. It is more than a second, so that a worker can hold one (see campaigns.sending_lateness).
CAMPAIGN_HORIZON = timedelta(milliseconds=1200)
REPLY_HORIZON = timedelta(seconds=3)


def micros(instant: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """Return the instant, exactly, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is kept per identity: the last slot given (µs since 1970) and its width in parts."""

    last_slot: int = 0
    last_width: int = 1


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish for `texts` slots of `width` parts each at `rate` parts per second, the first of
    them no sooner than `not_before` and no later than `not_after` (µs since 1970)."""

    texts: int
    width: int
    rate: int
    not_before: int
    not_after: int

    @property
    def interval(self) -> int:
        """Microseconds between two of these slots."""
        return spacing(self.width, self.width, self.rate)


@dataclass(frozen=True, slots=True)
class Booking:
    """Granted: `texts` slots from `starts_at` on, every `interval` µs."""

    starts_at: int
    interval: int
    texts: int
    width: int

    @property
    def bucket(self) -> Bucket:
        """What the bucket holds from now on."""
        return Bucket(self.starts_at + (self.texts - 1) * self.interval, self.width)


@dataclass(frozen=True, slots=True)
class Busy:
    """Not granted and nothing booked: the first slot would be `free_at` (µs since 1970)."""

    free_at: int


def spacing(before: int, after: int, rate: int) -> int:
    """Return the µs that a text of `after` parts keeps from the one of `before` parts ahead of it.

    See the module docstring for why. Rounded up, so that rounding never adds to the rate.
    """
    window = _SECOND + SLACK // _MICROSECOND
    if before != after:
        return -(-window * (before + after - 1) // rate)
    texts = rate // after
    return -(-window // texts) if texts else -(-window * after // rate)


def book(bucket: Bucket, ask: Ask) -> Booking | Busy:
    """Return the next slots; pure, all whole microseconds.

    The bucket never moves back, whatever a worker's clock says.
    """
    earliest = bucket.last_slot + spacing(bucket.last_width, ask.width, ask.rate)
    starts_at = max(ask.not_before, earliest)
    if starts_at > ask.not_after:
        return Busy(starts_at)
    return Booking(starts_at, ask.interval, ask.texts, ask.width)


class RateStore(Protocol):
    """Where buckets are kept."""

    def book(self, identity: str, ask: Ask) -> Booking | Busy:
        """Apply `book` to the identity's bucket (a new one is `Bucket()`) as one atomic step.

        Write `booking.bucket` on condition that the bucket is still the one that was read, and
        try again on what the failed condition returned. `Busy` writes nothing. Raises
        TryAgainError when the store is throttled or contended for too long; nothing is booked.
        """
        ...

    def rewind(self, identity: str, by: int) -> None:
        """Move a bucket back by `by` µs, if there is one. Never a bucket whose slots bind anybody:
        it would give them twice. Raises TryAgainError."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """Slots to publish texts of up to `width` parts, one text per slot; index 0 is the first.

    A text may be published from its slot on until TOLERANCE after it; after that the slot is burnt.
    """

    starts_at: datetime
    interval: timedelta
    texts: int
    width: int

    @property
    def expires_at(self) -> datetime:
        """After this no slot is open."""
        return self.slot(self.texts - 1) + TOLERANCE

    def slot(self, index: int) -> datetime:
        """Return the instant from which the index-th text may be published."""
        return self.starts_at + index * self.interval


@dataclass(frozen=True, slots=True)
class Pace:
    """One sender's pace. `horizon` is how far ahead of now it may book: CAMPAIGN_HORIZON for
    campaigns, REPLY_HORIZON for texts that a person waits for."""

    store: RateStore
    clock: Clock
    identity: str
    parts_per_second: int
    horizon: timedelta = CAMPAIGN_HORIZON
    lead: timedelta = LEAD

    def lease(self, texts: int = 1, width: int = 1, *, patience: timedelta = timedelta()) -> Lease:
        """Book slots for up to `texts` texts of `width` parts; fewer when a second holds fewer.

        Waits up to `patience` while the bucket is booked beyond the horizon, then raises
        TryAgainError, with nothing booked.
        """
        give_up_at = self.clock.now() + patience
        while True:
            now = self.clock.now()
            answer = self.store.book(self.identity, self._ask(texts, width, now))
            if isinstance(answer, Booking):
                return _lease(answer)
            retry_at = instant_of(answer.free_at) - self.horizon
            if retry_at > give_up_at:
                seconds = -((now - retry_at) // timedelta(seconds=1))
                raise TryAgainError("all slots are taken", retry_after_seconds=max(1, seconds))
            self.clock.sleep(max((retry_at - now).total_seconds(), 0.001))

    def await_slot(self, lease: Lease, index: int) -> bool:
        """Wait until the slot; return whether it is open, False when it is already gone by."""
        slot = lease.slot(index)
        while (now := self.clock.now()) < slot:
            self.clock.sleep((slot - now).total_seconds())
        return now <= slot + TOLERANCE

    def _ask(self, texts: int, width: int, now: datetime) -> Ask:
        interval = spacing(width, width, self.parts_per_second)
        most = 1 + (LEASE_LENGTH // _MICROSECOND - 1) // interval
        return Ask(
            texts=min(texts, most),
            width=width,
            rate=self.parts_per_second,
            not_before=micros(now + self.lead),
            not_after=micros(now + max(self.horizon, self.lead)),
        )


def _lease(booking: Booking) -> Lease:
    return Lease(
        starts_at=instant_of(booking.starts_at),
        interval=timedelta(microseconds=booking.interval),
        texts=booking.texts,
        width=booking.width,
    )

"""The slots that one worker has in hand for texts of one length.

A text takes its slot when it is claimed, so a slow claim costs no slot: whoever is ready takes the
next one. The next lease is taken while slots are left, so the bucket never idles between leases.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.sending_lateness import Lateness
from assent.errors import TryAgainError
from assent.messages.pace import CAMPAIGN_HORIZON, TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.messages.pace import Lease, Pace

# A turn begins this long before the slot that is left for it: claims take 5 to 50 ms, and a few
# texts that are ready early fill the slots of those whose claims take longer.
AHEAD = timedelta(milliseconds=150)
# The next lease is asked for when the slots in hand end sooner than this, when it is just granted.
_LEASE_BEFORE = CAMPAIGN_HORIZON - timedelta(milliseconds=50)
_PATIENCE = timedelta(seconds=10)
# A worker that has just begun lets the one before it finish: that one books further ahead than this
# as long as it has texts, so the new one's slots follow its last. Only a second campaign goes on.
_NEWCOMERS_HORIZON = timedelta(milliseconds=300)
_NEWCOMERS_PATIENCE = timedelta(seconds=6)
# Half of the tolerance is left to reach the carrier's client.
_LATEST = TOLERANCE / 2


class Slots:
    """Safe to share between threads. A turn that begins counts on one slot, and then either takes
    it or passes it on. `aside` runs a task beside the caller, or not at all."""

    def __init__(
        self,
        pace: Pace,
        width: int,
        aside: Callable[[Callable[[], None]], None],
        *,
        is_newcomer: bool = False,
    ) -> None:
        self._pace = pace
        self._is_newcomer = is_newcomer
        self._width = width
        self._aside = aside
        self._lock = threading.Lock()
        self._leasing = threading.Lock()
        self._slots: deque[datetime] = deque()
        self._lateness = Lateness(pace.parts_per_second)
        self._wanted = 0
        self._to_begin = 0
        self._is_asked = False

    def begin_at(self, turns: int, patience: timedelta) -> datetime | None:
        """Return when the next of `turns` turns should begin; None: what was leased is gone by,
        ask again. Raises TryAgainError when no slot comes free within `patience`."""
        self._to_begin = turns
        self._lease_ahead()
        slot = self._left_over()
        if slot is None:
            self._lease(patience)
            slot = self._left_over()
        return slot - AHEAD if slot else None

    def begin(self) -> None:
        """Say that a turn begins."""
        with self._lock:
            self._to_begin -= 1
            self._wanted += 1

    def want(self) -> None:
        """Count on another slot, the first being missed."""
        with self._lock:
            self._wanted += 1

    def pass_on(self) -> None:
        """Leave the slot to others."""
        with self._lock:
            self._wanted -= 1

    def take(self, before: datetime) -> datetime | None:
        """Return the next slot; None when there is none before `before`."""
        try:
            if self._next() is None:
                left = before - self._pace.clock.now()
                self._lease(max(left, timedelta()), for_one_at_hand=True)
        except TryAgainError:
            self.pass_on()
            return None
        with self._lock:
            self._wanted -= 1
            if self._slots and self._slots[0] <= before:
                return self._slots.popleft()
            return None

    def reach(self, slot: datetime) -> bool:
        """Wait until a text may go out in `slot`; False: it is gone by."""
        clock, at = self._pace.clock, slot
        while True:
            now = clock.now()
            if now < at:
                clock.sleep((at - now).total_seconds())
                continue
            with self._lock:
                found = self._lateness.publish_at(slot, self._width, now)
            if found is None or found == now:
                return found is not None
            at = found

    def _next(self, index: int = 0) -> datetime | None:
        """Return the index-th slot that can still be met; the others are burnt."""
        now = self._pace.clock.now()
        with self._lock:
            while self._slots and self._slots[0] + _LATEST < now:
                self._slots.popleft()
            return self._slots[index] if index < len(self._slots) else None

    def _left_over(self) -> datetime | None:
        """Return the slot that nobody who has begun will take."""
        return self._next(self._wanted)

    def _lease_ahead(self) -> None:
        soon = self._pace.clock.now() + _LEASE_BEFORE
        with self._lock:
            has_enough = len(self._slots) >= self._wanted + self._to_begin
            if self._is_asked or has_enough or not self._slots or self._slots[-1] > soon:
                return
            self._is_asked = True
        self._aside(self._leased_ahead)

    def _leased_ahead(self) -> None:
        # Whoever runs out of slots asks again and is told of an error.
        with suppress(TryAgainError), self._leasing:
            self._add()
        self._is_asked = False

    def _lease(self, patience: timedelta, *, for_one_at_hand: bool = False) -> None:
        """Lease unless somebody else has just done so."""
        with self._leasing:
            found = self._next() if for_one_at_hand else self._left_over()
            if found is None:
                self._add(patience)

    def _add(self, patience: timedelta = _PATIENCE) -> None:
        missing = self._wanted + self._to_begin - len(self._slots)
        lease = self._leased(max(1, missing), patience)
        self._is_newcomer = False
        with self._lock:
            self._lateness.leased(lease)
            self._slots.extend(lease.slot(index) for index in range(lease.texts))

    def _leased(self, texts: int, patience: timedelta) -> Lease:
        if self._is_newcomer:
            modest = replace(self._pace, horizon=_NEWCOMERS_HORIZON)
            with suppress(TryAgainError):
                return modest.lease(texts, self._width, patience=min(patience, _NEWCOMERS_PATIENCE))
        return self._pace.lease(texts, self._width, patience=patience)

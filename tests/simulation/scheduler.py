"""The one source of time and order: events in a heap, a seeded chance, and a trace of all that is.

Time is whole microseconds, so that no rounding differs between machines.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.actors import Actor

SECOND = 1_000_000


class Scheduler:
    """Runs events in order of time; `chance` is the only randomness of a run."""

    def __init__(self, seed: int, start: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - chance to be repeated, not secrets
        self.now = start
        self.trace: list[str] = []
        self.steps = 0
        self.current: Actor | None = None
        self.after_step: Callable[[], None] = lambda: None
        self._events: list[tuple[int, int, Callable[[], object]]] = []
        self._number = 0

    def after(self, delay: int, event: Callable[[], object]) -> None:
        """Let something happen `delay` microseconds from now."""
        self._number += 1
        heapq.heappush(self._events, (self.now + max(0, delay), self._number, event))

    def note(self, what: str) -> None:
        """Write one line of the trace."""
        who = self.current.name if self.current else "-"
        self.trace.append(f"{self.now} {who} {what}")

    @property
    def hash(self) -> str:
        """SHA-256 over the whole trace."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    def resume(self, actor: Actor, value: Any = None, error: BaseException | None = None) -> None:
        """Hand the baton to an actor until it waits again."""
        before, self.current = self.current, actor
        try:
            actor.resume(value, error)
        finally:
            self.current = before

    def kill(self, actor: Actor) -> None:
        """End an actor where it stands."""
        before, self.current = self.current, actor
        try:
            if not actor.is_over:
                actor.kill()
        finally:
            self.current = before

    def run(self, until: int, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Let events happen up to the instant `until`, or until it is enough."""
        while self._events and self._events[0][0] <= until and not is_enough():
            self.now, _, event = heapq.heappop(self._events)
            self.steps += 1
            event()
            self.after_step()
        if not is_enough():
            self.now = max(self.now, until)

"""Who does the texting: the caller's own thread, or a few threads beside it.

One thread waits for a carrier's answer most of the time, so a worker that shall use a rate of more
than about ten texts a second needs several. Tests and the simulation use the caller's thread.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from concurrent.futures import Future

    from assent.campaigns.sending_one import Ended

    Task = Callable[[], Ended]


_SWITCH_SECONDS = 0.0005


class Workers(Protocol):
    """Runs turns. `ended` shows how those that are over have ended."""

    @property
    def ended(self) -> Set[Ended]: ...

    def wait_for_one(self) -> None:
        """Wait until a turn can begin at once. Raises what a turn has raised."""
        ...

    def run(self, turn: Task) -> None:
        """Begin a turn."""
        ...

    def aside(self, task: Callable[[], None]) -> None:
        """Run a task beside all turns; a worker with nobody to spare leaves it undone."""
        ...

    def finish(self) -> None:
        """Wait until every turn is over. Raises what a turn has raised."""
        ...


class CallersThread:
    """Each turn is over when `run` returns."""

    def __init__(self) -> None:
        self.ended: set[Ended] = set()

    def wait_for_one(self) -> None:
        """There is always one free: the caller."""

    def run(self, turn: Task) -> None:
        self.ended.add(turn())

    def aside(self, task: Callable[[], None]) -> None:
        """Nobody is there to run it."""

    def finish(self) -> None:
        """Nothing is under way."""


class Threads:
    """Up to `count` turns at a time."""

    def __init__(self, count: int) -> None:
        self.ended: set[Ended] = set()
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="texting")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="leasing")
        self._free = threading.Semaphore(count)
        self._failures: list[BaseException] = []
        # A thread that wakes for its slot must not wait 5 ms for each busy one: that is a slot's
        # whole tolerance. It is the interpreter's setting, and workers are all that this one has.
        sys.setswitchinterval(_SWITCH_SECONDS)

    def wait_for_one(self) -> None:
        self._free.acquire()
        self._free.release()
        self._raise_failure()

    def run(self, turn: Task) -> None:
        self._free.acquire()
        self._executor.submit(turn).add_done_callback(self._over)

    def aside(self, task: Callable[[], None]) -> None:
        self._beside.submit(task).add_done_callback(self._done)

    def finish(self) -> None:
        self._executor.shutdown(wait=True)
        self._beside.shutdown(wait=True)
        self._raise_failure()

    def _over(self, future: Future[Ended]) -> None:
        failure = future.exception()
        if failure is None:
            self.ended.add(future.result())
        else:
            self._failures.append(failure)
        self._free.release()

    def _done(self, future: Future[None]) -> None:
        failure = future.exception()
        if failure is not None:
            self._failures.append(failure)

    def _raise_failure(self) -> None:
        if self._failures:
            raise self._failures[0]


def workers_of(count: int) -> Workers:
    """Return `count` workers; one means the caller's own thread."""
    return CallersThread() if count == 1 else Threads(count)

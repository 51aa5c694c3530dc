"""Actors: the real, synchronous code of one Lambda invocation, run a piece at a time.

Each has a thread of its own, but a baton is handed over at every call: never do two run at once,
and the order is the scheduler's. Threads are used again, since a run has hundreds of actors.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class KilledError(BaseException):
    """The sandbox is gone. Nothing that the code does on its way out has any effect."""


class _Thread:
    """A thread that runs one job after the other."""

    idle: list[_Thread] = []  # noqa: RUF012 - one pool for the process

    def __init__(self) -> None:
        self.may_run = threading.Lock()
        self.may_run.acquire()
        self.job: Callable[[], None] | None = None
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            self.may_run.acquire()
            if self.job is not None:
                self.job()


class Actor:
    """One piece of code under way. `ended` is told its result or its error."""

    def __init__(
        self, name: str, work: Callable[[], Any], ended: Callable[[Any, BaseException | None], None]
    ) -> None:
        self.name = name
        self.is_over = False
        self.is_killed = False
        self._work = work
        self._ended = ended
        self._back = threading.Lock()
        self._back.acquire()
        self._inbox: tuple[Any, BaseException | None] = (None, None)
        self._outcome: tuple[Any, BaseException | None] = (None, None)
        self._thread = _Thread.idle.pop() if _Thread.idle else _Thread()
        self._thread.job = self._run

    def resume(self, value: Any = None, error: BaseException | None = None) -> None:
        """Let the code run until it waits again or is over. Called by the scheduler only."""
        if self.is_over:
            return
        self._inbox = (value, error)
        self._thread.may_run.release()
        self._back.acquire()
        if self.is_over:
            _Thread.idle.append(self._thread)
            self._ended(*self._outcome)

    def kill(self) -> None:
        """End the code where it stands."""
        self.is_killed = True
        self.resume(error=KilledError())

    def wait(self) -> Any:
        """Hand the baton back until resumed. Called by the code of this actor only."""
        if self.is_killed:
            raise KilledError
        self._back.release()
        self._thread.may_run.acquire()
        value, error = self._inbox
        if error is not None:
            raise error
        return value

    def _run(self) -> None:
        _value, error = self._inbox
        try:
            self._outcome = (self._work(), None) if error is None else (None, error)
        except BaseException as failure:
            self._outcome = (None, failure)
        self._thread.job = None
        self.is_over = True
        self._back.release()

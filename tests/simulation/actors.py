"""Actors: the real, synchronous code of one Lambda invocation, run a piece at a time.

Each is a greenlet: it runs until its next call, then the scheduler does. Never do two run at once,
and the order is the scheduler's; real threads would cost the operating system's time at each call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable


class KilledError(BaseException):
    """The sandbox is gone. Nothing that the code does on its way out has any effect."""


class Actor:
    """One piece of code under way. `ended` is told its result or its error. `local` holds what the
    code believes to be its thread's own."""

    def __init__(
        self, name: str, work: Callable[[], Any], ended: Callable[[Any, BaseException | None], None]
    ) -> None:
        self.name = name
        self.is_over = False
        self.is_killed = False
        self.local: dict[str, Any] = {}
        self._work = work
        self._ended = ended
        self._inbox: tuple[Any, BaseException | None] = (None, None)
        self._outcome: tuple[Any, BaseException | None] = (None, None)
        self._code = greenlet(self._run)

    def resume(self, value: Any = None, error: BaseException | None = None) -> None:
        """Let the code run until it waits again or is over. Called by the scheduler only."""
        if self.is_over:
            return
        self._inbox = (value, error)
        self._code.parent = getcurrent()
        self._code.switch()
        if self.is_over:
            self._ended(*self._outcome)

    def kill(self) -> None:
        """End the code where it stands."""
        self.is_killed = True
        self.resume(error=KilledError())

    def wait(self) -> Any:
        """Hand the baton back until resumed. Called by the code of this actor only."""
        if self.is_killed:
            raise KilledError
        self._code.parent.switch()
        value, error = self._inbox
        if error is not None:
            raise error
        return value

    def _run(self) -> None:
        _, error = self._inbox
        try:
            self._outcome = (self._work(), None) if error is None else (None, error)
        except BaseException as failure:
            self._outcome = (None, failure)
        self.is_over = True

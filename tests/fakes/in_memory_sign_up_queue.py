"""A queue of sign-ups that hands over when it is told to, as often as it is told to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.opt_in.sign_ups import AskedSignUp


class InMemorySignUpQueue:
    """A `SignUpQueue`; `seen` keeps all that was ever put in."""

    def __init__(self) -> None:
        self.seen: list[AskedSignUp] = []
        self._waiting: deque[AskedSignUp] = deque()

    def put(self, asked: AskedSignUp) -> None:
        self.seen.append(asked)
        self._waiting.append(asked)

    def deliver(self, act: Callable[[AskedSignUp], object]) -> None:
        """Hand over all that waits, oldest first."""
        while self._waiting:
            act(self._waiting.popleft())

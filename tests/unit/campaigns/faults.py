"""Faults at port calls: a worker dies, pauses, or another worker runs, before or after any call.

A crash leaves the process dead: every later call of that worker fails too, so that no `finally`
saves what a real crash would lose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable


class CrashError(Exception):
    """The process is gone."""


@dataclass
class Faults:
    """Counts the port calls of one worker and does something at one of them."""

    at_call: int = -1
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    calls: list[str] = field(default_factory=list)
    is_dead: bool = False

    def die(self) -> None:
        self.is_dead = True
        raise CrashError

    def around(self, name: str, call: Callable[[], object]) -> object:
        if self.is_dead:
            raise CrashError
        is_it = len(self.calls) == self.at_call
        self.calls.append(name)
        if is_it and self.before:
            self.before()
        answer = call()
        if is_it and self.after:
            self.after()
        return answer


def crash(at_call: int, *, after: bool) -> Faults:
    """Return faults in which the worker dies at a call, before or after it takes effect."""
    faults = Faults(at_call)
    if after:
        faults.after = faults.die
    else:
        faults.before = faults.die
    return faults


class _Watched:
    def __init__(self, port: object, name: str, faults: Faults) -> None:
        self._port = port
        self._name = name
        self._faults = faults

    def __getattr__(self, method: str) -> Callable[..., object]:
        real = getattr(self._port, method)

        def call(*args: object, **kwargs: object) -> object:
            return self._faults.around(f"{self._name}.{method}", lambda: real(*args, **kwargs))

        return call


def watched(port: object, name: str, faults: Faults) -> Any:
    """Return `port` behind `faults`."""
    return cast("Any", _Watched(port, name, faults))

"""Three workers on the same batch whose port calls happen one at a time, in a given order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.unit.campaigns.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.campaigns.world import World

_WORKERS = 3


class _Turnstile(Faults):
    """Lets its worker through one port call whenever the conductor says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Semaphore(0)
        self.may_go = threading.Semaphore(0)
        self.is_over = False

    def around(self, name: str, call: Callable[[], object]) -> object:
        self.waits.release()
        self.may_go.acquire()
        return call()


def interleaved(world: World, order: Sequence[int], stop_at: int) -> None:
    """Run three workers; each number of `order` lets that worker make one call, and when `order` is
    used up they finish one after the other. Person 0 texts STOP after `stop_at` calls."""
    stiles = [_Turnstile() for _ in range(_WORKERS)]
    failures: list[BaseException] = []

    def work(stile: _Turnstile) -> None:
        try:
            world.send(stile)
        except BaseException as failure:
            failures.append(failure)
        stile.is_over = True
        stile.waits.release()

    threads = [threading.Thread(target=work, args=(stile,)) for stile in stiles]
    for thread, stile in zip(threads, stiles, strict=True):
        thread.start()
        stile.waits.acquire()
    calls = 0
    rest = [number for number in range(_WORKERS) for _ in range(500)]
    for number in [*order, *rest]:
        stile = stiles[number]
        if stile.is_over:
            continue
        if calls == stop_at:
            world.stop(0)
        calls += 1
        stile.may_go.release()
        stile.waits.acquire()
    for thread in threads:
        thread.join(timeout=10)
    assert all(stile.is_over for stile in stiles)
    assert not failures, failures

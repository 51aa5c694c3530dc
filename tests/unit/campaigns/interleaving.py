"""Three workers on the same batch whose port calls happen one at a time, in a given order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.unit.campaigns.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.campaigns.world import World

_WORKERS = 3
_MORE_THAN_ANY = 500


class _Worker(Faults):
    """Sends the world's batch in a thread that makes one port call per `step`."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.failure: BaseException | None = None
        self.is_over = False
        self._world = world
        self._stands = threading.Semaphore(0)
        self._may_go = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        self._stands.acquire()

    def step(self) -> None:
        self._may_go.release()
        self._stands.acquire()

    def around(self, name: str, call: Callable[[], object]) -> object:
        self._stands.release()
        self._may_go.acquire()
        self.calls.append(name)
        return call()

    def _work(self) -> None:
        try:
            self._world.send(self)
        except BaseException as failure:
            self.failure = failure
        self.is_over = True
        self._stands.release()


def interleaved(world: World, order: Sequence[int], stop_at: int) -> None:
    """Run three workers; each number of `order` lets that worker make one call, and when `order` is
    used up they finish one after the other. Person 0 texts STOP after `stop_at` calls."""
    workers = [_Worker(world) for _ in range(_WORKERS)]
    rest = [number for number in range(_WORKERS) for _ in range(_MORE_THAN_ANY)]
    calls = 0
    for number in [*order, *rest]:
        if workers[number].is_over:
            continue
        if calls == stop_at:
            world.stop(0)
        calls += 1
        workers[number].step()
    assert all(worker.is_over for worker in workers)
    failures = [worker.failure for worker in workers if worker.failure]
    assert not failures, failures

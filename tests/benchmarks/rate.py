"""The rate that is held, with each worker and the endpoint in a process of its own."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.container import Container
from tests.benchmarks.endpoint import counted, loopback
from tests.benchmarks.recorder import worst_second
from tests.benchmarks.stage import Run, stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assent.campaigns.preparing import Prepared
    from tests.benchmarks.recorder import Counts

# Long enough for a batch to end and the next one to take over.
SECONDS = {20: 100, 50: 40, 100: 40}


@dataclass(frozen=True, slots=True)
class Held:
    """One campaign at one rate. `planning` and `sending` are what the endpoint counted, `load` is
    the machine's average over the run."""

    run: Run
    planning: Counts
    sending: Counts
    million: Prepared
    load: float

    @property
    def share(self) -> float:
        """Texts per second over the rate asked for."""
        return _per_second(self.run.published) / self.run.rate

    @property
    def of_one_worker(self) -> float:
        """Texts per second while the fastest invocation published."""
        return max(_per_second(s.published) for s in self.run.invocations if len(s.published) > 1)

    @property
    def worst_published(self) -> int:
        return worst_second(self.run.published)

    @property
    def worst_arrived(self) -> int:
        return worst_second(self.sending.published)


def measure(rate: int, seconds: int | None = None) -> Held:
    """Send a campaign at `rate` parts per second and return what came of it."""
    people = rate * (seconds or SECONDS[rate])
    loads: list[float] = []
    with loopback() as url, stage(people, rate) as made, contextlib.ExitStack() as stack:
        counted(url)
        planning: list[Counts] = []
        made.before_sending = lambda: planning.append(counted(url))
        million = made.prepared_for_a_million()
        under_way = million.slices * million.max_concurrency
        workers = [stack.enter_context(Container()) for _ in range(under_way)]
        with _sampled(loads):
            run = made.run(workers)
        return Held(run, planning[0], counted(url), million, sum(loads) / len(loads))


@dataclass(frozen=True, slots=True)
class Shared:
    """Several campaigns on one number; instants at which each one's texts were published."""

    rate: int
    published: Sequence[Sequence[float]]

    @property
    def together(self) -> Sequence[float]:
        """Return what was published while every campaign still had people to text."""
        end = min(max(instants) for instants in self.published)
        return sorted(at for instants in self.published for at in instants if at <= end)

    @property
    def shares(self) -> Sequence[float]:
        """Each campaign's share of that."""
        end = self.together[-1]
        mine = [sum(at <= end for at in instants) for instants in self.published]
        return [count / sum(mine) for count in mine]

    @property
    def share(self) -> float:
        """Texts per second over the rate asked for."""
        return _per_second(self.together) / self.rate

    @property
    def worst(self) -> int:
        return worst_second(sorted(at for instants in self.published for at in instants))


def measure_shared(rate: int, campaigns: int, seconds: int) -> Shared:
    """Send `campaigns` at once, which share `rate` parts per second for about `seconds`."""
    with loopback(), stage(rate * seconds, rate) as made, contextlib.ExitStack() as stack:
        groups = [[stack.enter_context(Container()) for _ in range(2)] for _ in range(campaigns)]
        return Shared(rate, list(made.share(groups).values()))


@contextlib.contextmanager
def _sampled(loads: list[float]) -> Iterator[None]:
    over = threading.Event()

    def sample() -> None:
        while True:
            loads.append(os.getloadavg()[0])
            if over.wait(5):
                return

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _per_second(instants: Sequence[float]) -> float:
    return (len(instants) - 1) / (instants[-1] - instants[0])

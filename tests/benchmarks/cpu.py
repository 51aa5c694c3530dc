"""The worker's CPU beside a bare loop that makes the very same calls.

The calls of a campaign are recorded once and then made again, one after the other, with the same
clients against a fresh endpoint in the same state; what the house adds is the difference.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from assent.aws import clients
from tests.benchmarks.container import Container
from tests.benchmarks.endpoint import loopback
from tests.benchmarks.recorder import Recorder
from tests.benchmarks.stage import stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.recorder import Call

LIMIT = 1.3
_PEOPLE = 500
_RATE = 100
_RUNS = 3


@dataclass(frozen=True, slots=True)
class CpuRatio:
    """CPU milliseconds per recipient."""

    worker: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.worker / self.bare

    @property
    def holds(self) -> bool:
        return self.ratio <= LIMIT


def measure() -> CpuRatio:
    """Return the worker's CPU per recipient and the bare loop's, each the best of runs that take
    turns: what else the machine does can only add to them."""
    calls = _recorded()
    worker, bare = [], []
    for _ in range(_RUNS):
        worker.append(_worker())
        bare.append(_bare(calls))
    return CpuRatio(min(worker) * 1000 / _PEOPLE, min(bare) * 1000 / _PEOPLE)


def _recorded() -> Sequence[Call]:
    recorder = Recorder()
    with loopback(latency=False), stage(_PEOPLE, _RATE) as made:
        made.before_sending = lambda: made.watch(recorder)
        made.run()
        return [call for call in recorder.calls if call.service != "s3"]


def _worker() -> float:
    with loopback(), stage(_PEOPLE, _RATE) as made, Container() as worker:
        return sum(sent.cpu_seconds for sent in made.run([worker]).invocations)


def _bare(calls: Sequence[Call]) -> float:
    from botocore import xform_name

    with loopback(), stage(_PEOPLE, _RATE) as made:
        made.prepare()
        known: dict[str, Any] = {"dynamodb": clients.dynamodb(), "sns": clients.sms()}
        ready = [
            (getattr(known[call.service], xform_name(call.operation)), call.params)
            for call in calls
        ]
        began = time.process_time()
        for operation, params in ready:
            with contextlib.suppress(ClientError):
                operation(**params)
        return time.process_time() - began

"""Planning and rehearsing beside a scan that only reads: CPU per subscriber, and peak memory.

Each figure comes from a process of its own, on pages that the endpoint has ready, so that nothing
but the client's side is measured: its own CPU seconds, and its own peak as the kernel knows it. The
clock stands still at an hour that is open everywhere: then the whole slice is one window, which is
what takes the most memory.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.endpoint import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from assent.campaigns.model import Campaign
    from tests.benchmarks.stage import Stage

SIZES = (10_000, 100_000, 1_000_000)
# Megabytes of a process, and the time of one of many subscribers over that of one of few.
MOST_MEMORY = 256
MOST_GROWTH = 1.2
# Of the scan that deserialises: whoever plans should not be slower than one who only reads.
LEAST_RATIO = 1.0
_COMPARED, _RUNS = 100_000, 3
_RATE = 100
# A Monday, noon in New York and nine in Los Angeles.
_OPEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
_BODY = (
    "{{ first_name | default('Hi') }}, 20% off everything today near {{ postal_code }}: "
    "https://shop.example/deals"
)
_WANTED = {
    "and": [
        {"field": "topics", "op": "contains", "value": "deals"},
        {"field": "age", "op": "gte", "value": 21},
    ]
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What one process took to go through `people`; `found` of them were left."""

    people: int
    found: int
    cpu_seconds: float
    megabytes: float
    megabytes_before: float

    @property
    def microseconds(self) -> float:
        """CPU per subscriber."""
        return self.cpu_seconds / self.people * 1e6

    def as_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Compared:
    """Subscribers per second of CPU, each the best of runs that take turns: what else the machine
    does can only add to them. `read` is a scan that the client only parses, `deserialised` one
    whose items are made into Python values, as boto3's Table does."""

    plan: float
    rehearse: float
    deserialised: float
    read: float

    def as_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in self.__slots__}


def compare(people: int = _COMPARED) -> Compared:
    """Return the rates of each way to go through the same slice."""
    ways = ("plan", "rehearse", "deserialised", "read")
    best = dict.fromkeys(ways, 0.0)
    for _ in range(_RUNS):
        for way in ways:
            best[way] = max(best[way], people / probe(way, people).cpu_seconds)
    return Compared(**best)


def probe(way: str, people: int) -> Probe:
    """Go through `people` once, in a process of its own."""
    with loopback(latency=False, crowd=people):
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-m", "tests.benchmarks.planning", way, str(people)],
            stdout=subprocess.PIPE,
            check=True,
        )
    return Probe(**json.loads(done.stdout))


# --- In the process under measurement ------------------------------------------------------------


def _main(way: str, people: int) -> None:
    with _WAYS[way]() as go:
        before, began = _peak_megabytes(), time.process_time()
        found = go()
        taken = time.process_time() - began
    record = Probe(people, found, taken, _peak_megabytes(), before)
    sys.stdout.write(json.dumps(record.as_json()))


def _peak_megabytes() -> float:
    """The peak of this program alone: that of getrusage begins with the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    message = "this kernel does not tell a process's peak"
    raise RuntimeError(message)


@contextlib.contextmanager
def _planning() -> Iterator[Callable[[], int]]:
    with _launchable() as made:
        prepared = made.wiring("campaign_prepare").prepare(_campaign().campaign_id, "execution-1")
        planning = made.wiring("campaign_plan")
        yield lambda: planning.plan(prepared.campaign_id, prepared.run, 0, 1).candidates


@contextlib.contextmanager
def _rehearsing() -> Iterator[Callable[[], int]]:
    from assent.campaigns.checks import DefinitionChecks
    from assent.campaigns.freezing import freeze
    from assent.campaigns.rehearsal import Rehearsal, RehearsalStatus

    campaign = _campaign()
    with _launchable() as made:
        rehearsing, now = made.wiring("campaign_rehearse"), made.clock.now()
        checks = DefinitionChecks(rehearsing.programmes, rehearsing.segments)
        frozen = freeze(checks.check(campaign.definition), now, 1, _RATE)
        running = RehearsalStatus.RUNNING
        rehearsing.store.start(
            Rehearsal("r_1", campaign.campaign_id, running, "unread", now, "bench", frozen)
        )
        yield lambda: rehearsing.rehearse(campaign.campaign_id, "r_1", 0)


@contextlib.contextmanager
def _launchable() -> Iterator[Stage]:
    from assent.audience.rules import parse
    from assent.audience.subscriber import Segment
    from tests.benchmarks.stage import stage
    from tests.fakes.frozen_clock import FrozenClock

    with stage(0, _RATE, FrozenClock(_OPEN)) as made:
        made.add(_campaign(), Segment(_campaign().definition.segment_id, "Deals", parse(_WANTED)))
        yield made


def _campaign() -> Campaign:
    from assent.campaigns.model import Campaign, CampaignStatus, Definition
    from assent.identifiers import CampaignId, SegmentId
    from tests.benchmarks.stage import PROGRAMME

    definition = Definition("Bench", PROGRAMME, SegmentId("s_deals"), _BODY)
    return Campaign(CampaignId("c_planned"), definition, CampaignStatus.DRAFT, _OPEN, "bench")


@contextlib.contextmanager
def _scan(*, is_deserialised: bool) -> Iterator[Callable[[], int]]:
    import boto3
    from boto3.dynamodb.types import TypeDeserializer

    client = boto3.client("dynamodb")
    deserialize = TypeDeserializer().deserialize

    def go() -> int:
        request: dict[str, Any] = {"TableName": "any", "Segment": 0, "TotalSegments": 1}
        found = 0
        while True:
            page = client.scan(**request)
            for item in page["Items"]:
                found += 1
                if is_deserialised:
                    {name: deserialize(value) for name, value in item.items()}
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    yield go


_WAYS: dict[str, Callable[[], AbstractContextManager[Callable[[], int]]]] = {
    "plan": _planning,
    "rehearse": _rehearsing,
    "deserialised": lambda: _scan(is_deserialised=True),
    "read": lambda: _scan(is_deserialised=False),
}

if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))

"""Counts only: a list four times as long costs four times the pages and nothing else, and leaves
nothing behind in memory. `make bench` does the same with a million people and a stop-watch."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.awsrequest import AWSResponse

from assent.aws import clients, manifest_bucket
from assent.aws.manifest_bucket import S3ManifestStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.model import CampaignStatus
from assent.campaigns.planning import Planning
from assent.campaigns.rehearsal import Rehearsal, RehearsalStatus
from assent.campaigns.rehearsing import Rehearsing
from tests.benchmarks.crowd import Crowd
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_rehearsal_store import InMemoryRehearsalStore
from tests.unit.campaigns.world import BODY, CAMPAIGN, NOON, World, definition, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assent.campaigns.findings import Findings

PAGE_BYTES = 2**15
PER_PAGE = Crowd(0, PAGE_BYTES).people_per_page
FEW, MANY = 8 * PER_PAGE, 32 * PER_PAGE
# For 24 more pages: nobody's key, of whom there are some 2,000, only what an interpreter keeps.
_SLACK_BYTES = 96 * 1024
_DRAFT_BYTES = 4096


Twice: TypeAlias = "tuple[tuple[Wire, int], tuple[Wire, int]]"


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


@dataclass
class Wire:
    """Answers scans with a crowd; `retained` is what Python held when the work was written down."""

    crowd: Crowd
    calls: Counter[str] = field(default_factory=Counter)
    retained: int = 0

    def client(self, make: Callable[[], Any]) -> Any:
        """Return a client of the house that is on this wire."""
        client = make()
        client.meta.events.register("before-send", self._answer)
        client.meta.events.register("provide-client-params.dynamodb.Scan", self._asked)
        return client

    def hold(self) -> None:
        gc.collect()
        self.retained = tracemalloc.get_traced_memory()[0]

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        self._start = params.get("ExclusiveStartKey", {}).get("subscriber_key", {}).get("S", "")

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        if operation == "Scan":
            content = self.crowd.page(self._start)
        else:
            self.hold()
            content = b""
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, _Body(content))


@dataclass
class Slices(InMemoryRehearsalStore):
    """Notes what is held when a slice is written down."""

    wire: Wire | None = None

    def record_slice(self, rehearsal: Rehearsal, slice_number: int, findings: Findings) -> None:
        assert self.wire is not None
        self.wire.hold()
        super().record_slice(rehearsal, slice_number, findings)


@pytest.fixture(scope="module", autouse=True)
def traced() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "bench")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "bench")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        # Whatever is loaded or cached once is so before anything is counted.
        patch.setattr(manifest_bucket, "_IN_MEMORY_BYTES", _DRAFT_BYTES)
        _plan(FEW)
        _rehearse(FEW)
        tracemalloc.start()
        yield
        tracemalloc.stop()


def _plan(people: int) -> tuple[Wire, int]:
    wire, world = Wire(Crowd(people, PAGE_BYTES)), World(0)
    campaigns = InMemoryCampaignStore()
    campaigns.create(running(definition=definition(body=f"{{{{ first_name }}}}, {BODY}")))
    planning = Planning(
        campaigns,
        DynamoSubscriberScan(wire.client(clients.dynamodb.__wrapped__), "people", world.clock),
        world.programmes,
        S3ManifestStore(wire.client(clients.s3.__wrapped__), "manifests"),
        world.clock,
        20,
        world.links,
    )
    return wire, planning.plan(CAMPAIGN, 1, 0, 1).candidates


def _rehearse(people: int) -> tuple[Wire, int]:
    wire, world = Wire(Crowd(people, PAGE_BYTES)), World(0)
    campaign = running()
    frozen = campaign.require_frozen()
    campaigns, store = InMemoryCampaignStore(), Slices(wire=wire)
    campaigns.create(replace(campaign, status=CampaignStatus.DRAFT, frozen=None))
    store.start(Rehearsal("r_1", CAMPAIGN, RehearsalStatus.RUNNING, "any", NOON, "ada", frozen))
    rehearsing = Rehearsing(
        campaigns,
        store,
        world.segments,
        world.programmes,
        DynamoSubscriberScan(wire.client(clients.dynamodb.__wrapped__), "people", world.clock),
        world.clock,
        world.links,
    )
    return wire, rehearsing.rehearse(CAMPAIGN, "r_1", 0)


@pytest.fixture(scope="module")
def planned() -> Twice:
    return _plan(FEW), _plan(MANY)


@pytest.fixture(scope="module")
def rehearsed() -> Twice:
    return _rehearse(FEW), _rehearse(MANY)


def test_planning_calls_once_per_page_and_once_per_window(planned: Twice) -> None:
    (few, some), (many, more) = planned
    assert few.calls == {"Scan": 8, "PutObject": 1}
    assert many.calls == {"Scan": 32, "PutObject": 1}
    assert 0 < 3 * some < more < 5 * some


def test_planning_keeps_nobody_in_memory(planned: Twice) -> None:
    (few, _), (many, _) = planned
    assert many.retained - few.retained < _SLACK_BYTES


def test_rehearsing_calls_once_per_page(rehearsed: Twice) -> None:
    (few, some), (many, more) = rehearsed
    assert few.calls == {"Scan": 8}
    assert many.calls == {"Scan": 32}
    assert 0 < 3 * some < more < 5 * some


def test_rehearsing_keeps_nobody_in_memory(rehearsed: Twice) -> None:
    (few, _), (many, _) = rehearsed
    assert many.retained - few.retained < _SLACK_BYTES


def test_a_crowd_is_whole_and_every_key_of_it_is_its_own() -> None:
    crowd = Crowd(2 * PER_PAGE + 7, PAGE_BYTES)
    wire = Wire(crowd)
    scan = wire.client(clients.dynamodb.__wrapped__)
    keys, request = set(), {"TableName": "people"}
    while True:
        page = scan.scan(**request)
        keys |= {item["subscriber_key"]["S"] for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert (len(keys), wire.calls["Scan"], crowd.pages) == (crowd.people, 3, 3)

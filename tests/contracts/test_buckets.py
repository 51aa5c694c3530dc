from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assent.aws import clients
from assent.aws.manifest_bucket import S3ManifestStore
from assent.aws.quarantine_bucket import S3QuarantineBucket
from assent.campaigns.model import Batch
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_manifest_store import InMemoryManifestStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.model import ManifestStore

BATCHES = [
    Batch("s0-0001", (SubscriberKey("k1_a"), SubscriberKey("k1_b")), 3),
    Batch("s0-0002", (), 0),
]


@pytest.fixture
def bucket(cloud: None) -> str:
    clients.s3().create_bucket(Bucket="campaigns")
    return "campaigns"


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> ManifestStore:
    if request.param == "fake":
        return InMemoryManifestStore()
    bucket: str = request.getfixturevalue("bucket")
    return S3ManifestStore(clients.s3(), bucket)


def _write(store: ManifestStore, key: str, batches: Sequence[Batch]) -> None:
    draft = store.draft()
    for batch in batches:
        draft.add(batch)
    draft.keep(key)


def test_a_manifest_comes_back_whole(store: ManifestStore) -> None:
    _write(store, "c_1/r1/s0.json", BATCHES)
    _write(store, "c_1/r1/s1.json", [])
    assert list(store.read("c_1/r1/s0.json")) == BATCHES
    assert list(store.read("c_1/r1/s1.json")) == []


def test_writing_again_replaces(store: ManifestStore) -> None:
    _write(store, "k", BATCHES)
    _write(store, "k", BATCHES[:1])
    assert list(store.read("k")) == BATCHES[:1]


def test_a_manifest_too_long_for_memory_comes_back_whole(store: ManifestStore) -> None:
    keys = tuple(SubscriberKey(f"k1_{number:032d}") for number in range(1000))
    many = [Batch(f"s0-{number:04d}", keys, 1000) for number in range(40)]
    _write(store, "long", many)
    assert list(store.read("long")) == many


def test_drafts_that_are_written_at_once_stay_apart(store: ManifestStore) -> None:
    first, second = store.draft(), store.draft()
    first.add(BATCHES[0])
    second.add(BATCHES[1])
    first.keep("first")
    second.keep("second")
    assert [list(store.read(key)) for key in ("first", "second")] == [BATCHES[:1], BATCHES[1:]]


def test_a_manifest_is_the_array_that_the_workflow_reads(bucket: str) -> None:
    _write(S3ManifestStore(clients.s3(), bucket), "k", BATCHES)
    body = clients.s3().get_object(Bucket=bucket, Key="k")["Body"].read()
    assert json.loads(body)[0] == {
        "batch_id": "s0-0001",
        "subscriber_keys": ["k1_a", "k1_b"],
        "parts": 3,
    }


def test_what_cannot_be_read_is_kept_byte_for_byte(bucket: str) -> None:
    quarantine = S3QuarantineBucket(clients.s3(), bucket)
    body = '{"Message": "STOP \ud83d'
    key = quarantine.keep("message-1", body, NOON)
    assert quarantine.keep("message-1", body, NOON) == key == "inbound/2026/11/23/message-1"
    kept = clients.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    assert kept.decode(errors="surrogatepass") == body

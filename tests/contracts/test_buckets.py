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


def test_a_manifest_comes_back_whole(store: ManifestStore) -> None:
    store.write("c_1/r1/s0.json", BATCHES)
    store.write("c_1/r1/s1.json", [])
    assert list(store.read("c_1/r1/s0.json")) == BATCHES
    assert list(store.read("c_1/r1/s1.json")) == []


def test_writing_again_replaces(store: ManifestStore) -> None:
    store.write("k", BATCHES)
    store.write("k", BATCHES[:1])
    assert list(store.read("k")) == BATCHES[:1]


def test_a_manifest_is_the_array_that_the_workflow_reads(bucket: str) -> None:
    S3ManifestStore(clients.s3(), bucket).write("k", BATCHES)
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

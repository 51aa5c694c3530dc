"""Each contract runs on the fake and on the adapter; the adapter on moto, or on a real endpoint.

With AWS_ENDPOINT_URL_DYNAMODB set (`make contracts-dynamodb`), tables live there and not in moto.
moto is not thread-safe, so races are run only there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from assent.aws import clients
from tests.contracts.template_tables import TemplateTables
from tests.fakes.frozen_clock import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "")

beyond_the_old_engine = pytest.mark.skipif(
    bool(ENDPOINT),
    reason="the packaged engine is of 2019: DynamoDB takes empty strings since May 2020 and "
    "transactions of up to 100 items since September 2022",
)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS for the length of one test; no real account can be reached."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config={"core": {"passthrough": {"urls": [ENDPOINT] if ENDPOINT else []}}}):
        yield


@pytest.fixture
def dynamodb(cloud: None) -> DynamoDBClient:
    return clients.dynamodb()


@pytest.fixture
def tables(dynamodb: DynamoDBClient) -> Iterator[TemplateTables]:
    created = TemplateTables(dynamodb)
    yield created
    created.drop()

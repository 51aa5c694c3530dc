from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.link_store import DynamoLinkStore
from assent.errors import AlreadyExistsError
from assent.links.model import Link, LinkPurpose
from tests.contracts.examples import KEY, OFFERS
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_link_store import InMemoryLinkStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.links.model import LinkStore
    from tests.contracts.template_tables import TemplateTables

DIGEST = "ab" * 32


def a_link(purpose: LinkPurpose = LinkPurpose.CONFIRM) -> Link:
    return Link(purpose, KEY, OFFERS, 3, NOON + timedelta(hours=72, microseconds=5))


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> LinkStore:
    if request.param == "fake":
        return InMemoryLinkStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoLinkStore(client, tables.name("ControlTable"))


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_is_found_as_it_was_kept(store: LinkStore, purpose: LinkPurpose) -> None:
    store.put(DIGEST, a_link(purpose))
    assert store.link(DIGEST) == a_link(purpose)


def test_another_digest_finds_nothing(store: LinkStore) -> None:
    store.put(DIGEST, a_link())
    assert store.link("cd" * 32) is None
    assert store.link(DIGEST.upper()) is None


def test_a_link_is_never_replaced(store: LinkStore) -> None:
    store.put(DIGEST, a_link())
    with pytest.raises(AlreadyExistsError):
        store.put(DIGEST, a_link(LinkPurpose.UNSUBSCRIBE))
    assert store.link(DIGEST) == a_link()


def test_the_table_forgets_a_link_only_a_month_after_it_expired(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    name = tables.name("ControlTable")
    DynamoLinkStore(dynamodb, name).put(DIGEST, a_link())
    (item,) = dynamodb.scan(TableName=name)["Items"]
    gone = int((a_link().expires_at + timedelta(days=30)).timestamp())
    assert item["expires_at"] == {"N": str(gone)}
    assert item["pk"] == {"S": f"link#{DIGEST}"}

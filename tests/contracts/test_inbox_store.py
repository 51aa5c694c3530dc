from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.inbox_store import DynamoInboxStore
from assent.inbound.inbox import Box, InboxItem
from tests.contracts.examples import KEY
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.inbound.inbox import InboxStore
    from tests.contracts.template_tables import TemplateTables


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> InboxStore:
    if request.param == "fake":
        return InMemoryInboxStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoInboxStore(client, tables.name("InboxTable"))


def item(number: int, box: Box = Box.REVIEW) -> InboxItem:
    at = NOON + timedelta(minutes=number)
    return InboxItem(f"in-{number}", box, KEY, "stop, or not? 🤔", at, "ambiguous", "sns-1")


def test_an_item_comes_back_whole(store: InboxStore) -> None:
    bare = replace(item(2), subscriber_key=None, answers=None)
    assert store.put(item(1))
    assert store.put(bare)
    assert store.page(Box.REVIEW, limit=10) == ([bare, item(1)], None)


def test_a_text_lands_once_whatever_its_second_copy_says(store: InboxStore) -> None:
    store.put(item(1))
    assert not store.put(item(1))
    assert not store.put(replace(item(1), at=NOON + timedelta(hours=1)))
    assert not store.put(replace(item(1), box=Box.HELP))
    assert store.page(Box.REVIEW, limit=10) == ([item(1)], None)
    assert store.page(Box.HELP, limit=10) == ([], None)


def test_boxes_page_newest_first(store: InboxStore) -> None:
    for number in range(5):
        store.put(item(number))
    store.put(item(9, Box.FEEDBACK))
    first, cursor = store.page(Box.REVIEW, limit=2)
    second, cursor = store.page(Box.REVIEW, limit=2, cursor=cursor)
    third, end = store.page(Box.REVIEW, limit=2, cursor=cursor)
    assert [*first, *second, *third] == [item(n) for n in (4, 3, 2, 1, 0)]
    assert end is None


def test_a_page_that_is_just_full_is_the_last(store: InboxStore) -> None:
    store.put(item(1))
    store.put(item(2))
    assert store.page(Box.REVIEW, limit=2)[1] is None

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.inbox_store import DynamoInboxStore
from assent.errors import ChangedMeanwhileError
from assent.identifiers import SubscriberKey
from assent.inbound.inbox import Box, Decision, InboxItem, Verdict
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


DECIDED = Decision(Verdict.RELEASE, "ada", NOON + timedelta(hours=2), "asks for a bus stop")


def test_an_item_is_found_by_its_id_in_whichever_box(store: InboxStore) -> None:
    store.put(item(1, Box.HELP))
    assert store.find("in-1") == item(1, Box.HELP)
    assert store.find("in-2") is None


def test_a_decision_stands_beside_the_item_and_the_first_wins(store: InboxStore) -> None:
    store.put(item(1))
    store.decide(item(1), DECIDED)
    with pytest.raises(ChangedMeanwhileError):
        store.decide(item(1), replace(DECIDED, verdict=Verdict.OPT_OUT))
    assert store.find("in-1") == replace(item(1), decision=DECIDED)
    assert store.page(Box.REVIEW, limit=10)[0] == [replace(item(1), decision=DECIDED)]


def test_what_never_landed_cannot_be_decided(store: InboxStore) -> None:
    with pytest.raises(ChangedMeanwhileError):
        store.decide(item(1), DECIDED)
    assert store.page(Box.REVIEW, limit=10) == ([], None)


@pytest.mark.parametrize("note", ["asks for a bus stop", None])
def test_a_closed_item_is_in_done_and_nowhere_else(store: InboxStore, note: str | None) -> None:
    store.put(item(1))
    decision = replace(DECIDED, note=note)
    store.decide(item(1), decision)
    store.close(item(1))
    store.close(item(1))
    done = replace(item(1), box=Box.DONE, was_in=Box.REVIEW, decision=decision)
    assert store.find("in-1") == done
    assert store.page(Box.DONE, limit=10)[0] == [done]
    assert store.page(Box.REVIEW, limit=10)[0] == []
    assert not store.put(item(1))
    with pytest.raises(ChangedMeanwhileError):
        store.decide(item(1), DECIDED)
    assert store.page(Box.REVIEW, limit=10)[0] == []


def test_a_closed_item_can_be_found_after_its_box_filled_up(store: InboxStore) -> None:
    for number in range(3):
        store.put(item(number))
    store.decide(item(0), DECIDED)
    store.close(item(0))
    store.put(item(7))
    found = store.find("in-0")
    assert found is not None
    assert found.box is Box.DONE


def test_what_waits_is_a_persons_own_in_review_only(store: InboxStore) -> None:
    other = replace(item(4), subscriber_key=SubscriberKey("k1_" + "b" * 32))
    for each in (item(1), item(2), item(3, Box.FEEDBACK), other):
        store.put(each)
    store.decide(item(2), DECIDED)
    store.close(item(2))
    assert store.waiting(KEY) == [item(1)]


def test_all_of_one_persons_are_found_in_every_box_oldest_first(store: InboxStore) -> None:
    other = replace(item(4), subscriber_key=SubscriberKey("k1_" + "b" * 32))
    for each in (item(3), item(1, Box.FEEDBACK), item(2, Box.HELP), other):
        store.put(each)
    store.decide(item(3), DECIDED)
    store.close(item(3))
    found = store.of(KEY)
    assert [each.item_id for each in found] == ["in-1", "in-2", "in-3"]
    assert found[2].decision == DECIDED

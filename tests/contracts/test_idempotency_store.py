from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.errors import IdempotencyKeyReusedError, RequestInProgressError
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.http.idempotency import IdempotencyStore
    from tests.contracts.template_tables import TemplateTables


@pytest.fixture
def store(dynamodb: DynamoDBClient, tables: TemplateTables) -> IdempotencyStore:
    return DynamoIdempotencyStore(dynamodb, tables.name("ControlTable"))


def test_a_new_key_is_reserved_and_then_answers(store: IdempotencyStore) -> None:
    assert store.begin("k", "body", NOON) is None
    store.finish("k", '{"status":"pending"}')
    assert store.begin("k", "body", NOON + timedelta(hours=23)) == '{"status":"pending"}'


def test_a_key_is_refused_for_another_request_finished_or_not(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    for _ in ("under way", "finished"):
        with pytest.raises(IdempotencyKeyReusedError):
            store.begin("k", "other body", NOON)
        store.finish("k", "answer")


def test_a_copy_on_the_way_at_once_is_told_to_wait(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    with pytest.raises(RequestInProgressError):
        store.begin("k", "body", NOON + timedelta(seconds=59))


def test_a_crashed_request_may_be_taken_over_by_itself_only(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    later = NOON + timedelta(seconds=62)
    with pytest.raises(IdempotencyKeyReusedError):
        store.begin("k", "other body", later)
    assert store.begin("k", "body", later) is None
    with pytest.raises(RequestInProgressError):
        store.begin("k", "body", later)


def test_refused_work_frees_the_key(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    store.release("k")
    assert store.begin("k", "other body", NOON) is None


def test_an_answer_is_neither_released_nor_replaced(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    store.finish("k", "first")
    store.release("k")
    store.finish("k", "second")
    assert store.begin("k", "body", NOON) == "first"


def test_after_a_day_a_key_is_new_even_if_its_row_is_still_there(store: IdempotencyStore) -> None:
    store.begin("k", "body", NOON)
    store.finish("k", "answer")
    assert store.begin("k", "other body", NOON + timedelta(hours=24)) is None


def test_finishing_what_was_never_begun_keeps_nothing(store: IdempotencyStore) -> None:
    store.finish("k", "answer")
    store.release("k")
    assert store.begin("k", "body", NOON) is None

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.audience import rules
from assent.audience.subscriber import Segment
from assent.aws.segment_store import DynamoSegmentStore
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, SegmentNotFoundError
from assent.identifiers import SegmentId
from tests.fakes.in_memory_segment_store import InMemorySegmentStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import SegmentStore
    from tests.contracts.template_tables import TemplateTables

RULE = rules.parse(
    {
        "and": [
            {"field": "region", "op": "in", "value": ["WA", "OR"]},
            {"not": {"field": "birth_year", "op": "gt", "value": 2005}},
        ]
    }
)
ONE = Segment(SegmentId("s_1"), "Northwest", RULE)
TWO = Segment(SegmentId("s_2"), "Everyone", rules.parse({"all": True}))


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> SegmentStore:
    if request.param == "fake":
        return InMemorySegmentStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoSegmentStore(client, tables.name("SegmentsTable"))


def test_a_segment_comes_back_with_its_rule(store: SegmentStore) -> None:
    store.create(ONE)
    assert store.segment(ONE.segment_id) == ONE


def test_segments_are_listed_by_id(store: SegmentStore) -> None:
    assert list(store.segments()) == []
    store.create(TWO)
    store.create(ONE)
    assert list(store.segments()) == [ONE, TWO]


def test_an_unknown_segment_is_not_found(store: SegmentStore) -> None:
    with pytest.raises(SegmentNotFoundError):
        store.segment(ONE.segment_id)


def test_an_id_is_taken_once(store: SegmentStore) -> None:
    store.create(ONE)
    with pytest.raises(AlreadyExistsError):
        store.create(replace(ONE, name="Other"))
    assert store.segment(ONE.segment_id) == ONE


def test_of_two_edits_of_one_version_one_is_refused(store: SegmentStore) -> None:
    store.create(ONE)
    edited = replace(ONE, rule=TWO.rule, version=2)
    store.replace(edited, expected_version=1)
    for late in (replace(ONE, version=2), replace(TWO, version=2)):
        with pytest.raises(ChangedMeanwhileError):
            store.replace(late, expected_version=1)
    assert store.segment(ONE.segment_id) == edited

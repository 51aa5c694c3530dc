from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.aws.subscriber_item import item_of
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.consent.model import Hold
from assent.identifiers import SubscriberKey
from tests.contracts.examples import KEY, NEWS, claim, subscriber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import Subscriber, SubscriberScan
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

PEOPLE = {
    key: subscriber(key) for key in (SubscriberKey(f"k1_{number:04d}") for number in range(150))
}
full = subscriber().standing
FULL = replace(
    subscriber(),
    standing=replace(
        full,
        stopped_at=NOON,
        hold=Hold("ambiguous reply", NOON),
        claims={c.campaign_id: c for c in (claim("c1"), claim("c2", NEWS))},
        claims_version=7,
    ),
)
ERASED = replace(
    subscriber(SubscriberKey("k1_erased")),
    standing=replace(subscriber(SubscriberKey("k1_erased")).standing, phone=None),
    profile={},
)
PEOPLE |= {KEY: FULL, ERASED.standing.subscriber_key: ERASED}


def put_all(client: DynamoDBClient, table: str, people: list[Subscriber]) -> None:
    for person in people:
        client.put_item(TableName=table, Item=item_of(person))


@pytest.fixture(params=["fake", "aws"])
def scan(request: pytest.FixtureRequest, clock: FrozenClock) -> SubscriberScan:
    if request.param == "fake":
        return InMemorySubscriberScan(SubscriberTable(PEOPLE.values()))
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    name = tables.name("SubscribersTable")
    put_all(client, name, list(PEOPLE.values()))
    return DynamoSubscriberScan(client, name, clock)


@pytest.mark.parametrize("slices", [1, 3])
def test_the_slices_hold_everybody_once_and_whole(scan: SubscriberScan, slices: int) -> None:
    found = [person for number in range(slices) for person in scan.slice(number, slices)]
    assert len(found) == len(PEOPLE)
    assert {person.standing.subscriber_key: person for person in found} == PEOPLE


def test_people_are_read_by_key_and_the_unknown_are_absent(scan: SubscriberScan) -> None:
    keys = [*list(PEOPLE)[60:], SubscriberKey("k1_nobody")]
    assert scan.by_keys(keys) == {key: PEOPLE[key] for key in keys[:-1]}


def test_asking_for_nobody_or_for_one_twice_is_allowed(scan: SubscriberScan) -> None:
    assert scan.by_keys([]) == {}
    assert scan.by_keys([KEY, KEY]) == {KEY: FULL}


def test_the_count_is_about_right(scan: SubscriberScan) -> None:
    assert scan.approximate_count() == len(PEOPLE)


def test_numbers_are_looked_up_and_an_erased_one_is_absent(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    name = tables.name("SubscribersTable")
    put_all(dynamodb, name, [FULL, ERASED])
    lookup = DynamoSubscriberScan(dynamodb, name, clock)
    assert lookup.phones([KEY, ERASED.standing.subscriber_key]) == {KEY: FULL.standing.phone}


def test_a_slice_is_read_page_by_page(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    """A page ends after a megabyte; memory must not grow with the list."""
    name = tables.name("SubscribersTable")
    long = {"last_name": "x" * 100_000}
    put_all(
        dynamodb,
        name,
        [replace(subscriber(SubscriberKey(f"k{n}")), profile=long) for n in range(25)],
    )
    pages: list[object] = []
    dynamodb.meta.events.register("after-call.dynamodb.Scan", lambda **_: pages.append(1), "count")
    try:
        found = list(DynamoSubscriberScan(dynamodb, name, clock).slice(0, 1))
    finally:
        dynamodb.meta.events.unregister("after-call.dynamodb.Scan", unique_id="count")
    assert len(found) == 25
    assert len(pages) >= 3

"""A scan with a rule's narrowing finds whom one without finds, and counts whom it left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assent.audience.engagement import Act, plus
from assent.audience.narrowing import STORED, narrowed
from assent.audience.rules import MAX_NODES, Not, compile_rule, parse
from assent.audience.subscriber import Subscriber, SubscriberScan
from assent.aws.subscriber_filter import scan_filter
from assent.aws.subscriber_item import item_of
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.clock import iso
from assent.consent.model import Consent, ConsentStatus
from assent.identifiers import ProgrammeId, SubscriberKey
from tests.contracts.examples import subscriber
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.contracts.template_tables import TemplateTables

NEWS = ProgrammeId("news")


def _person(number: int) -> Subscriber:
    """People of every kind that a rule can part: some without this, some without that."""
    somebody = subscriber(SubscriberKey(f"k1_{number:04d}"))
    statuses = [None, *ConsentStatus]
    status = statuses[number % len(statuses)]
    consents = {NEWS: Consent(status, number % 3, NOON)} if status else {}
    profile: dict[str, object] = {"region": "FL"} if number % 2 else {}
    if number % 3:
        profile |= {"birth_year": 1980 + number, "max_per_month": number % 5}
    return Subscriber(
        replace(somebody.standing, consents=consents),
        ("US", "GB", "FR")[number % 3],
        NOON - timedelta(hours=13 * number),
        profile,
        {Act.PURCHASED: plus(None, NOON - timedelta(days=number))} if number % 4 == 0 else {},
    )


PEOPLE = [_person(number) for number in range(24)]
NUMBERS, DAYS = st.integers(1978, 2006), st.integers(0, 14)
INSTANTS = DAYS.map(lambda days: iso(NOON - timedelta(days=days)))
STATUSES = st.sampled_from(["none", "pending", "Confirmed", "withdrawn", "expired", "odd"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "country": st.sampled_from(["US", "gb", " FR ", "DE"]),
    "created_at": INSTANTS,
    "tenure_days": DAYS,
    "birth_year": NUMBERS,
    "max_per_month": st.integers(0, 5),
    "consent": STATUSES,
}


@st.composite
def stored(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(STORED)))
    op = draw(st.sampled_from(sorted(STORED[name])))
    rule: dict[str, Any] = {"field": name, "op": op.value}
    if op == "within_last":
        rule["value"] = draw(st.integers(1, 14))
    elif op == "between":
        rule["value"] = sorted(draw(st.lists(VALUES[name], min_size=2, max_size=2)))
    elif op == "in":
        rule["value"] = draw(st.lists(VALUES[name], min_size=1, max_size=3))
    elif op != "exists":
        rule["value"] = draw(VALUES[name])
    return rule | ({"programme": "news"} if name == "consent" else {})


UNSTORED = st.sampled_from(
    [
        {"field": "region", "op": "eq", "value": "fl"},
        {"field": "purchases", "op": "gte", "value": 1, "days": 7},
        {"field": "first_name", "op": "exists"},
    ]
)
trees = st.recursive(
    stored() | UNSTORED,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"and": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"or": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def fake() -> SubscriberScan:
    return InMemorySubscriberScan(SubscriberTable(PEOPLE))


@pytest.fixture(params=["fake", "aws"])
def scan(request: pytest.FixtureRequest, fake: SubscriberScan) -> SubscriberScan:
    if request.param == "fake":
        return fake
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    name = tables.name("SubscribersTable")
    for each in PEOPLE:
        client.put_item(TableName=name, Item=item_of(each))
    return DynamoSubscriberScan(client, name, FrozenClock())


@given(tree=trees)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_narrowed_scan_finds_the_same_people(scan: SubscriberScan, tree: Any) -> None:
    rule = parse(tree)
    means, only = compile_rule(rule), narrowed(rule, NOON)
    found = {_key(p) for p in scan.slice(0, 1, only) if means(p, NOON)}
    assert found == {_key(p) for p in PEOPLE if means(p, NOON)}


@given(tree=trees)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_store_leaves_out_exactly_whom_the_narrowing_does(
    scan: SubscriberScan, tree: Any
) -> None:
    only = narrowed(parse(tree), NOON)
    kept = {_key(person) for person in scan.slice(0, 1, only)}
    if only is not None:
        weaker = compile_rule(only.rule)
        assert kept == {_key(person) for person in PEOPLE if weaker(person, NOON)}
        assert only.left_out == len(PEOPLE) - len(kept)


def test_what_a_store_cannot_judge_is_left_to_the_rule() -> None:
    region = parse({"field": "region", "op": "eq", "value": "FL"})
    country = parse({"field": "country", "op": "eq", "value": "US"})
    assert narrowed(region, NOON) is None
    assert narrowed(Not(parse({"and": [_json("region"), _json("country")]})), NOON) is None
    both = narrowed(parse({"and": [_json("region"), _json("country")]}), NOON)
    assert both is not None
    assert compile_rule(both.rule)(PEOPLE[0], NOON) is compile_rule(country)(PEOPLE[0], NOON)


def test_an_expression_too_long_for_the_store_is_not_sent() -> None:
    many = [{"field": "birth_year", "op": "ne", "value": 1900 + n} for n in range(MAX_NODES - 1)]
    only = narrowed(parse({"and": many}), NOON)
    assert only is not None
    assert scan_filter(only) == {}


def _json(field: str) -> dict[str, str]:
    return {"field": field, "op": "eq", "value": "FL" if field == "region" else "US"}


def _key(person: Subscriber) -> SubscriberKey:
    return person.standing.subscriber_key

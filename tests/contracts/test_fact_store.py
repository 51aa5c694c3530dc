"""Reports of others reach the person and nothing else: no claim and no consent notices them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.audience.engagement import Act, Activity
from assent.audience.facts import MAX_ATTRIBUTES, Deduped, Reported
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.fact_store import DynamoFactStore
from assent.aws.subscriber_item import item_of
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.model import Claimed
from assent.identifiers import SubscriberKey
from tests.contracts.examples import KEY, claim, subscriber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_claim_store import InMemoryClaimStore
from tests.fakes.in_memory_fact_store import InMemoryFactStore
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from assent.audience.facts import FactStore
    from assent.audience.subscriber import Subscriber, SubscriberScan
    from assent.campaigns.model import ClaimStore
    from tests.fakes.frozen_clock import FrozenClock

NOBODY, ERASED = SubscriberKey("k1_nobody"), SubscriberKey("k1_erased")
GONE = replace(subscriber(ERASED), standing=replace(subscriber(ERASED).standing, phone=None))
LATER = NOON + timedelta(days=45)


@dataclass
class Stores:
    facts: FactStore
    claims: ClaimStore
    scan: SubscriberScan

    @property
    def person(self) -> Subscriber:
        return self.scan.by_keys([KEY])[KEY]


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    people = [subscriber(), GONE]
    if request.param == "fake":
        table = SubscriberTable(people)
        facts = InMemoryFactStore(table)
        return Stores(facts, InMemoryClaimStore(table), InMemorySubscriberScan(table))
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    name = tables.name("SubscribersTable")
    for each in people:
        client.put_item(TableName=name, Item=item_of(each))
    return Stores(
        DynamoFactStore(client, name, tables.name("ControlTable")),
        DynamoClaimStore(client, name),
        DynamoSubscriberScan(client, name, clock),
    )


def bought(stores: Stores, name: str, key: SubscriberKey = KEY) -> Reported:
    return stores.facts.add(key, Act.PURCHASED, NOON, Deduped(name, LATER))


def test_an_act_is_counted_and_another_is_added(stores: Stores) -> None:
    assert (bought(stores, "a"), bought(stores, "b")) == (Reported.DONE, Reported.DONE)
    day = (NOON - NOON.replace(year=1970, month=1, day=1)).days
    assert stores.person.engagement == {Act.PURCHASED: Activity(NOON, 2, ((day, 2),))}


def test_an_act_of_one_name_counts_once(stores: Stores) -> None:
    assert (bought(stores, "a"), bought(stores, "a")) == (Reported.DONE, Reported.REPEATED)
    assert stores.person.engagement[Act.PURCHASED].total == 1


@pytest.mark.parametrize("key", [NOBODY, ERASED])
def test_nobody_becomes_known_by_a_report(stores: Stores, key: SubscriberKey) -> None:
    before = stores.scan.by_keys([key])
    assert bought(stores, "a", key) is Reported.UNKNOWN_SUBSCRIBER
    assert stores.facts.describe(key, {"region": "FL"}) is Reported.UNKNOWN_SUBSCRIBER
    assert stores.scan.by_keys([key]) == before


def test_a_claim_decided_before_a_report_still_stands_after_it(stores: Stores) -> None:
    decided_on = stores.person
    bought(stores, "a")
    stores.facts.describe(KEY, {"attributes.tier": "gold"})
    assert stores.claims.claim(decided_on, claim("c1"), ()) == Claimed()
    after = stores.person
    assert after.engagement[Act.PURCHASED].total == 1
    assert after.standing.consents == decided_on.standing.consents
    assert after.standing.seq == decided_on.standing.seq


def test_facts_are_set_changed_and_removed(stores: Stores) -> None:
    stores.facts.describe(KEY, {"region": "FL", "attributes.tier": "gold", "attributes.n": 3})
    stores.facts.describe(KEY, {"region": None, "attributes.tier": "silver"})
    before = subscriber().profile
    assert stores.person.profile == {**before, "attributes.tier": "silver", "attributes.n": 3}


def test_one_attribute_too_many_leaves_all_as_they_were(stores: Stores) -> None:
    full = {f"attributes.a{number}": number for number in range(MAX_ATTRIBUTES)}
    assert stores.facts.describe(KEY, full) is Reported.DONE
    more = {"attributes.more": 1, "attributes.a0": 9}
    assert stores.facts.describe(KEY, more) is Reported.TOO_MANY_ATTRIBUTES
    assert stores.person.profile["attributes.a0"] == 0
    swapped = {"attributes.more": 1, "attributes.a0": None}
    assert stores.facts.describe(KEY, swapped) is Reported.DONE

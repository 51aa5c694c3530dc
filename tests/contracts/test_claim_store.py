from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import pytest

from assent.audience.engagement import Act
from assent.audience.rules import compile_rule, parse
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.subscriber_item import KEY as KEY_ATTRIBUTE
from assent.aws.subscriber_item import item_of, subscriber_of
from assent.campaigns.model import Claimed, ClaimRefused
from assent.consent.model import Consent, ConsentStatus, Hold
from assent.identifiers import CampaignId
from tests.contracts.examples import KEY, NEWS, OFFERS, claim, subscriber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_claim_store import InMemoryClaimStore
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import ClaimStore
    from assent.consent.model import Claim
    from tests.contracts.template_tables import TemplateTables


class People(Protocol):
    """The items behind the claim store."""

    def put(self, subscriber: Subscriber) -> None: ...
    def now(self) -> Subscriber | None: ...


@dataclass
class FakePeople:
    table: SubscriberTable

    def put(self, subscriber: Subscriber) -> None:
        self.table.put(subscriber)

    def now(self) -> Subscriber | None:
        return self.table.get(KEY)


@dataclass
class AwsPeople:
    client: DynamoDBClient
    name: str

    def put(self, subscriber: Subscriber) -> None:
        self.client.put_item(TableName=self.name, Item=item_of(subscriber))

    def now(self) -> Subscriber | None:
        found = self.client.get_item(
            TableName=self.name, Key={KEY_ATTRIBUTE: {"S": KEY}}, ConsistentRead=True
        )
        return subscriber_of(found["Item"]) if "Item" in found else None


@pytest.fixture(params=["fake", "aws"])
def both(request: pytest.FixtureRequest) -> tuple[People, ClaimStore]:
    if request.param == "fake":
        table = SubscriberTable()
        return FakePeople(table), InMemoryClaimStore(table)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    name = tables.name("SubscribersTable")
    return AwsPeople(client, name), DynamoClaimStore(client, name)


@pytest.fixture
def people(both: tuple[People, ClaimStore]) -> People:
    return both[0]


@pytest.fixture
def store(both: tuple[People, ClaimStore]) -> ClaimStore:
    return both[1]


def current(people: People) -> Subscriber:
    found = people.now()
    assert found is not None
    return found


def changed(**changes: object) -> Subscriber:
    person = subscriber()
    return replace(person, standing=replace(person.standing, **changes))  # type: ignore[arg-type]


def test_a_claim_is_written_and_raises_the_version(people: People, store: ClaimStore) -> None:
    people.put(subscriber())

    assert store.claim(subscriber(), claim("c1"), ()) == Claimed()

    expected = changed(claims={"c1": claim("c1")}, claims_version=1)
    assert current(people) == expected


def test_one_campaign_claims_a_person_once(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    now = current(people)

    assert store.claim(now, claim("c1"), ()) == ClaimRefused(now)
    assert current(people) == now


def test_a_second_campaign_claims_beside_the_first(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    assert store.claim(current(people), claim("c2"), ()) == Claimed()
    assert set(current(people).standing.claims) == {"c1", "c2"}
    assert current(people).standing.claims_version == 2


def test_claims_of_several_programmes_stand_side_by_side(people: People, store: ClaimStore) -> None:
    confirmed = Consent(ConsentStatus.CONFIRMED, 1, NOON)
    people.put(changed(consents={OFFERS: confirmed, NEWS: confirmed}))
    for one in (claim("c1"), claim("c2", NEWS), claim("c3", NEWS)):
        assert store.claim(current(people), one, ()) == Claimed()
    assert current(people).standing.claims == {
        "c1": claim("c1"),
        "c2": claim("c2", NEWS),
        "c3": claim("c3", NEWS),
    }


def test_caps_computed_on_an_older_reading_are_refused(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    assert store.claim(subscriber(), claim("c2"), ()) == ClaimRefused(current(people))


@pytest.mark.parametrize(
    "standing",
    [
        pytest.param({"stopped_at": NOON}, id="stopped"),
        pytest.param({"hold": Hold("unclear", NOON)}, id="held"),
        pytest.param({"restricted_at": NOON}, id="restricted"),
        pytest.param({"paused_until": claim("c1").at + timedelta(microseconds=1)}, id="paused"),
        pytest.param({"consents": {}}, id="never asked"),
        pytest.param(
            {"consents": {NEWS: Consent(ConsentStatus.CONFIRMED, 1, NOON)}}, id="other programme"
        ),
        *(
            pytest.param({"consents": {OFFERS: Consent(status, 3, NOON)}}, id=status.value)
            for status in ConsentStatus
            if status is not ConsentStatus.CONFIRMED
        ),
    ],
)
def test_whoever_may_not_be_texted_cannot_be_claimed_even_on_a_stale_reading(
    people: People, store: ClaimStore, standing: dict[str, object]
) -> None:
    now = changed(**standing)
    people.put(now)
    assert store.claim(subscriber(), claim("c1"), ()) == ClaimRefused(now)
    assert current(people) == now


def test_a_pause_ends_at_its_very_instant(people: People, store: ClaimStore) -> None:
    people.put(changed(paused_until=claim("c1").at))
    assert store.claim(current(people), claim("c1"), ()) == Claimed()


def test_a_person_who_is_gone_cannot_be_claimed(people: People, store: ClaimStore) -> None:
    assert store.claim(subscriber(), claim("c1"), ()) == ClaimRefused(None)
    assert people.now() is None


def test_old_claims_are_forgotten_in_the_same_write(people: People, store: ClaimStore) -> None:
    confirmed = Consent(ConsentStatus.CONFIRMED, 1, NOON)
    old = {CampaignId(c): claim(c, NEWS) for c in ("c1", "c2")}
    old[CampaignId("c3")] = claim("c3")
    people.put(changed(consents={OFFERS: confirmed}, claims=old, claims_version=3))

    forget = [CampaignId(c) for c in ("c1", "c2", "c3", "unknown")]
    assert store.claim(current(people), claim("c4"), forget) == Claimed()

    assert set(current(people).standing.claims) == {"c4"}
    assert store.claim(current(people), claim("c5"), [CampaignId("c4")]) == Claimed()
    assert set(current(people).standing.claims) == {"c5"}


def test_of_a_forgotten_claim_stays_when_it_was(people: People, store: ClaimStore) -> None:
    people.put(changed(claims={CampaignId("c1"): claim("c1")}, claims_version=1))
    assert store.claim(current(people), claim("c2"), [CampaignId("c1")]) == Claimed()
    after = current(people)
    assert after.engagement[Act.SENT].total == 1
    assert compile_rule(parse({"field": "sent", "op": "eq", "value": 2}))(after, NOON)
    store.release(KEY, claim("c2"))
    assert compile_rule(parse({"field": "sent", "op": "eq", "value": 1}))(current(people), NOON)


def test_a_programme_whose_claims_are_all_forgotten_can_be_claimed_again(
    people: People, store: ClaimStore
) -> None:
    confirmed = Consent(ConsentStatus.CONFIRMED, 1, NOON)
    people.put(
        changed(
            consents={OFFERS: confirmed, NEWS: confirmed},
            claims={CampaignId("c1"): claim("c1", NEWS)},
            claims_version=1,
        )
    )
    store.claim(current(people), claim("c2"), [CampaignId("c1")])
    assert store.claim(current(people), claim("c3", NEWS), ()) == Claimed()
    assert set(current(people).standing.claims) == {"c2", "c3"}


def at_another_instant(campaign: str) -> Claim:
    return replace(claim(campaign), at=claim(campaign).at + timedelta(microseconds=1))


def test_a_released_claim_is_gone_and_can_be_made_anew(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())

    store.release(KEY, claim("c1"))

    assert current(people) == changed(claims_version=2)
    assert store.claim(current(people), at_another_instant("c1"), ()) == Claimed()
    assert current(people).standing.claims == {"c1": at_another_instant("c1")}


def test_what_was_decided_before_a_release_is_decided_again(
    people: People, store: ClaimStore
) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    before = current(people)
    store.release(KEY, claim("c1"))
    assert store.claim(before, claim("c2"), ()) == ClaimRefused(current(people))


def test_only_the_very_claim_is_released(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    store.claim(current(people), claim("c2"), ())
    now = current(people)
    earlier = replace(claim("c1"), at=claim("c1").at - timedelta(microseconds=1))
    for other in (at_another_instant("c1"), earlier, claim("c3"), claim("c1", NEWS)):
        store.release(KEY, other)
        assert current(people) == now
    store.release(KEY, claim("c1"))
    assert set(current(people).standing.claims) == {"c2"}


def test_a_release_repeated_releases_no_later_claim(people: People, store: ClaimStore) -> None:
    people.put(subscriber())
    store.claim(subscriber(), claim("c1"), ())
    store.release(KEY, claim("c1"))
    store.claim(current(people), at_another_instant("c1"), ())
    now = current(people)
    store.release(KEY, claim("c1"))
    assert current(people) == now


def test_whoever_stopped_meanwhile_keeps_the_stop_and_loses_the_claim(
    people: People, store: ClaimStore
) -> None:
    people.put(changed(stopped_at=NOON, claims={"c1": claim("c1")}, claims_version=1))
    store.release(KEY, claim("c1"))
    assert current(people) == changed(stopped_at=NOON, claims_version=2)


def test_a_person_who_is_gone_is_not_made_again_by_a_release(
    people: People, store: ClaimStore
) -> None:
    store.release(KEY, claim("c1"))
    assert people.now() is None

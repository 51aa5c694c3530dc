"""Consent and claims are writes to one item: what one store writes, the others see and keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from assent.aws.claim_store import DynamoClaimStore
from assent.aws.consent_store import DynamoConsentStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.model import Claimed, ClaimRefused
from assent.consent.model import Consent, ConsentStatus
from assent.errors import ChangedMeanwhileError
from tests.contracts.examples import KEY, OFFERS, change, claim, requested, stopped
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_claim_store import InMemoryClaimStore
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.shared_consent_store import SharedConsentStore
from tests.fakes.subscriber_table import SubscriberTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import Subscriber, SubscriberScan
    from assent.campaigns.model import ClaimStore
    from assent.consent.model import ConsentChange, ConsentStore
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock


@dataclass
class Stores:
    consent: ConsentStore
    claims: ClaimStore
    scan: SubscriberScan

    def person(self) -> Subscriber:
        return self.scan.by_keys([KEY])[KEY]

    def confirm(self) -> Subscriber:
        first = change(None, requested())
        confirmed = {OFFERS: Consent(ConsentStatus.CONFIRMED, 1, NOON)}
        profile = {"first_name": "Zoë", "topics": ["hats"]}
        after = replace(first.after, consents=confirmed)
        self.consent.commit(replace(first, after=after, profile=profile))
        return self.person()

    def stop(self) -> ConsentChange:
        """Decide a STOP on what is stored now."""
        before = self.person().standing
        decided = change(before, stopped(), dedupe_key="in-1")
        withdrawn = {OFFERS: Consent(ConsentStatus.WITHDRAWN, 2, NOON)}
        after = replace(decided.after, consents=withdrawn, stopped_at=NOON)
        return replace(decided, after=after)


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    if request.param == "fake":
        table = SubscriberTable()
        return Stores(
            SharedConsentStore(table), InMemoryClaimStore(table), InMemorySubscriberScan(table)
        )
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    name = tables.name("SubscribersTable")
    return Stores(
        DynamoConsentStore(client, consent_tables(tables), clock),
        DynamoClaimStore(client, name),
        DynamoSubscriberScan(client, name, clock),
    )


def test_a_new_subscriber_has_the_numbers_country(stores: Stores) -> None:
    assert stores.confirm().country == "US"


def test_who_confirmed_can_be_claimed_and_who_stopped_cannot(stores: Stores) -> None:
    person = stores.confirm()
    assert stores.claims.claim(person, claim("c1"), ()) == Claimed()
    stores.consent.commit(stores.stop())
    refused = stores.claims.claim(person, claim("c2"), ())
    assert refused == ClaimRefused(stores.person())
    assert isinstance(refused, ClaimRefused)
    assert refused.current is not None
    assert refused.current.standing.stopped_at == NOON


def test_a_stop_decided_before_a_claim_is_decided_again_and_then_names_it(stores: Stores) -> None:
    person = stores.confirm()
    early = stores.stop()
    stores.claims.claim(person, claim("c1"), ())
    with pytest.raises(ChangedMeanwhileError):
        stores.consent.commit(early)
    again = stores.stop()
    assert again.before is not None
    assert set(again.before.claims) == {"c1"}
    stores.consent.commit(again)
    assert set(stores.person().standing.claims) == {"c1"}
    assert stores.person().standing.claims_version == 1


def test_consent_changes_keep_what_they_do_not_write(stores: Stores) -> None:
    created = stores.confirm()
    stores.consent.commit(stores.stop())
    person = stores.person()
    assert (person.country, person.created_at) == (created.country, created.created_at)


def test_a_profile_is_merged_field_by_field(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    stores = Stores(
        DynamoConsentStore(dynamodb, consent_tables(tables), clock),
        DynamoClaimStore(dynamodb, tables.name("SubscribersTable")),
        DynamoSubscriberScan(dynamodb, tables.name("SubscribersTable"), clock),
    )
    stores.confirm()
    later = replace(stores.stop(), profile={"topics": [], "birth_year": 1990})
    stores.consent.commit(later)
    assert stores.person().profile == {"first_name": "Zoë", "topics": [], "birth_year": 1990}

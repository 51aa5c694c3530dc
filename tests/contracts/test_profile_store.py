from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.aws.consent_store import DynamoConsentStore
from tests.contracts.examples import KEY, change, requested
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.in_memory_consent_store import InMemoryConsentStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

    Store = InMemoryConsentStore | DynamoConsentStore


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest, clock: FrozenClock) -> Store:
    if request.param == "fake":
        return InMemoryConsentStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoConsentStore(client, consent_tables(tables), clock)


def test_nothing_is_known_of_a_number_never_seen(store: Store) -> None:
    assert store.profile(KEY) == {}


def test_a_change_merges_into_what_was_known(store: Store) -> None:
    first = replace(change(None, requested()), profile={"first_name": "Zoë", "topics": ["hats"]})
    store.commit(first)
    before = store.standing(KEY)
    store.commit(replace(change(before, requested()), profile={"topics": [], "max_per_month": 2}))
    assert store.profile(KEY) == {"first_name": "Zoë", "topics": [], "max_per_month": 2}

"""The agenda gives back what is due and nothing else, and no entry is lost or done twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.agenda import DynamoAgenda
from assent.aws.consent_store import DynamoConsentStore
from assent.consent.agenda import Due
from assent.errors import ChangedMeanwhileError
from assent.identifiers import SubscriberKey
from tests.contracts.examples import KEY, NEWS, OFFERS, change, open_request, requested, stopped
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_consent_store import InMemoryConsentStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.consent.agenda import Agenda
    from assent.consent.model import ConsentStore
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

LATER = NOON + timedelta(hours=1)


@dataclass(frozen=True)
class Stores:
    consent: ConsentStore
    agenda: Agenda

    def add(self, *entries: Due) -> None:
        before = self.consent.standing(KEY)
        self.consent.commit(replace(change(before, requested()), due=entries))

    def due(self, after: timedelta = timedelta()) -> list[Due]:
        found = self.agenda.due(NOON + after)
        return sorted(found, key=lambda due: (due.at, due.subscriber_key, due.programme_id or ""))


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    if request.param == "fake":
        store = InMemoryConsentStore()
        return Stores(store, store.agenda)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return Stores(
        DynamoConsentStore(client, consent_tables(tables), clock),
        DynamoAgenda(client, tables.name("ControlTable")),
    )


def test_an_entry_is_due_from_its_instant_on(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON))
    assert stores.due(timedelta(microseconds=-1)) == []
    assert stores.due() == [Due(KEY, OFFERS, NOON)]


def test_what_else_is_in_the_table_is_no_entry(stores: Stores) -> None:
    first = change(None, requested(), dedupe_key="in-1")
    stores.consent.commit(replace(first, open_request=open_request()))
    assert stores.due(timedelta(days=400)) == []


def test_entries_of_many_people_and_pages_are_all_found(stores: Stores) -> None:
    entries = [Due(SubscriberKey(f"k1_{n}"), OFFERS, NOON) for n in range(120)]
    for start in range(0, 120, 6):
        stores.add(*entries[start : start + 6])
    assert {due.subscriber_key for due in stores.due()} == {e.subscriber_key for e in entries}


def test_an_entry_is_written_with_its_change_or_not_at_all(stores: Stores) -> None:
    stores.add()
    stale = replace(change(None, stopped()), due=[Due(KEY, OFFERS, NOON)])
    with pytest.raises(ChangedMeanwhileError):
        stores.consent.commit(stale)
    assert stores.due() == []


def test_a_number_has_one_entry_for_each_programme_and_one_for_its_erasure(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON), Due(KEY, NEWS, NOON), Due(KEY, None, NOON))
    stores.add(Due(KEY, OFFERS, LATER))
    assert stores.due() == [Due(KEY, None, NOON), Due(KEY, NEWS, NOON)]
    assert len(stores.due(timedelta(hours=1))) == 3


def test_a_moved_entry_is_due_at_its_new_instant(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON))
    assert stores.agenda.move(Due(KEY, OFFERS, NOON), LATER)
    assert stores.due() == []
    assert stores.due(timedelta(hours=1)) == [Due(KEY, OFFERS, LATER)]


def test_a_dropped_entry_is_gone_and_cannot_be_dropped_again(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON))
    assert stores.agenda.drop(Due(KEY, OFFERS, NOON))
    assert not stores.agenda.drop(Due(KEY, OFFERS, NOON))
    assert stores.due() == []


def test_an_entry_that_was_replaced_meanwhile_is_left_alone(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON))
    (read,) = stores.due()
    stores.add(Due(KEY, OFFERS, LATER))
    assert not stores.agenda.move(read, NOON + timedelta(days=9))
    assert not stores.agenda.drop(read)
    assert stores.due(timedelta(hours=1)) == [Due(KEY, OFFERS, LATER)]


def test_a_dropped_entry_does_not_come_back_by_a_move(stores: Stores) -> None:
    stores.add(Due(KEY, OFFERS, NOON))
    stores.agenda.drop(Due(KEY, OFFERS, NOON))
    assert not stores.agenda.move(Due(KEY, OFFERS, NOON), LATER)
    assert stores.due(timedelta(days=1)) == []

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.audience.rules import Everyone
from assent.aws.rehearsal_store import DynamoRehearsalStore
from assent.campaigns.findings import Culprit, Findings, WorstCase
from assent.campaigns.model import Frozen
from assent.campaigns.rehearsal import Note, Rehearsal, RehearsalStatus
from assent.errors import RehearsalNotFoundError
from assent.identifiers import CampaignId
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_rehearsal_store import InMemoryRehearsalStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.campaigns.rehearsal import RehearsalStore
    from tests.contracts.template_tables import TemplateTables

ONE = CampaignId("c_1")
FROZEN = Frozen(Everyone(), 4, NOON, NOON + timedelta(days=30), slices=2, batch_size=100)
BEGUN = Rehearsal("r_1", ONE, RehearsalStatus.RUNNING, "f" * 64, NOON, "maria", FROZEN)
LATER = replace(BEGUN, rehearsal_id="r_2", started_at=NOON + timedelta(seconds=1))


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> RehearsalStore:
    if request.param == "fake":
        return InMemoryRehearsalStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoRehearsalStore(client, tables.name("CampaignsTable"))


def findings(people: int = 3) -> Findings:
    found = Findings(
        excluded=Counter({"segment": 4}),
        suppressed=Counter({"frequency_promise": 1}),
        not_renderable=Counter({"first_name": 2}),
        held_out=1,
        parts=Counter({1: people, 2: 1}),
        culprits={"ë": Culprit(1, 17, "data")},
        worst=WorstCase(2, 71, "Hi xxë"),
    )
    found.windows["2026-11-23T17:00:00.000000Z"] = [people + 1, people + 2]
    found.countries["US"] = [people + 1, people + 2]
    return found


def test_a_rehearsal_comes_back_whole(store: RehearsalStore) -> None:
    store.start(BEGUN)
    assert store.rehearsal(ONE) == BEGUN
    done = replace(
        BEGUN,
        status=RehearsalStatus.DONE,
        finished_at=NOON + timedelta(minutes=1),
        findings=findings(),
        errors=(Note("no_disclosure", "en"),),
        warnings=(Note("long_text", "4 parts"),),
    )
    assert store.finish(done)
    assert store.rehearsal(ONE) == done


def test_what_was_never_rehearsed_is_not_found(store: RehearsalStore) -> None:
    with pytest.raises(RehearsalNotFoundError):
        store.rehearsal(ONE)


def test_one_that_another_has_replaced_does_not_end_it(store: RehearsalStore) -> None:
    store.start(BEGUN)
    store.start(LATER)
    assert not store.finish(replace(BEGUN, status=RehearsalStatus.DONE))
    assert store.rehearsal(ONE) == LATER


def test_nothing_ends_that_was_never_started(store: RehearsalStore) -> None:
    assert not store.finish(BEGUN)


def test_slices_are_those_of_this_rehearsal_each_once(store: RehearsalStore) -> None:
    store.record_slice(BEGUN, 0, findings(3))
    store.record_slice(BEGUN, 1, findings(5))
    store.record_slice(LATER, 1, findings(9))
    assert list(store.slices(BEGUN)) == [findings(3)]
    assert list(store.slices(LATER)) == [findings(9)]
    store.record_slice(LATER, 0, findings(1))
    store.record_slice(LATER, 0, findings(2))
    assert list(store.slices(LATER)) == [findings(2), findings(9)]

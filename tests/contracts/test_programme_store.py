from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.aws.programme_store import DynamoProgrammeStore
from assent.errors import (
    AlreadyExistsError,
    ChangedMeanwhileError,
    DisclosureNotFoundError,
    ProgrammeNotFoundError,
)
from assent.programmes.model import Disclosure, Programme, ReadyClasses
from tests.contracts.examples import NEWS, OFFERS
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.identifiers import ProgrammeId
    from assent.programmes.model import ProgrammeStore
    from tests.contracts.template_tables import TemplateTables


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> ProgrammeStore:
    if request.param == "fake":
        return InMemoryProgrammeStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoProgrammeStore(client, tables.name("ProgrammesTable"))


def programme(programme_id: ProgrammeId = OFFERS) -> Programme:
    return Programme(
        programme_id,
        "Weekly offers",
        "Example Shop",
        "New shoes every week",
        4,
        ("US", "CA"),
        ("en", "fr-CA"),
        "https://example.invalid/terms",
        "https://example.invalid/privacy",
        topics=("shoes",),
        origins=("https://shop.example",),
        classes=ReadyClasses(new_days=7, vip_purchases=5),
    )


def disclosure(version: int = 1, locale: str = "en") -> Disclosure:
    return Disclosure(OFFERS, locale, version, f"Text {version} – «é»", NOON)


def test_a_programme_comes_back_whole(store: ProgrammeStore) -> None:
    bare = replace(programme(NEWS), topics=(), countries=(), locales=())
    store.create(programme())
    store.create(bare)
    assert store.programme(OFFERS) == programme()
    assert store.programme(NEWS) == bare


def test_an_unknown_programme_is_not_found(store: ProgrammeStore) -> None:
    store.create(programme())
    with pytest.raises(ProgrammeNotFoundError):
        store.programme(NEWS)


def test_programmes_are_listed_by_id_without_their_disclosures(store: ProgrammeStore) -> None:
    assert list(store.programmes()) == []
    store.create(programme(NEWS))
    store.create(programme(OFFERS))
    store.publish(disclosure())
    assert [p.programme_id for p in store.programmes()] == sorted([NEWS, OFFERS])


def test_an_id_is_taken_once(store: ProgrammeStore) -> None:
    store.create(programme())
    with pytest.raises(AlreadyExistsError):
        store.create(replace(programme(), name="Other"))
    assert store.programme(OFFERS) == programme()


def test_of_two_edits_of_one_version_one_is_refused(store: ProgrammeStore) -> None:
    store.create(programme())
    edited = replace(programme(), name="Daily offers", version=2)
    store.replace(edited, expected_version=1)
    with pytest.raises(ChangedMeanwhileError):
        store.replace(replace(programme(), name="Late", version=2), expected_version=1)
    assert store.programme(OFFERS) == edited


def test_what_is_not_there_cannot_be_replaced(store: ProgrammeStore) -> None:
    with pytest.raises(ChangedMeanwhileError):
        store.replace(programme(), expected_version=1)


def test_a_published_wording_never_changes(store: ProgrammeStore) -> None:
    store.create(programme())
    store.publish(disclosure())
    with pytest.raises(AlreadyExistsError):
        store.publish(replace(disclosure(), text="other words"))
    assert store.disclosure(OFFERS, "en", 1) == disclosure()


def test_an_unknown_wording_is_not_found(store: ProgrammeStore) -> None:
    store.create(programme())
    store.publish(disclosure())
    for locale, version in (("en", 2), ("fr-CA", 1)):
        with pytest.raises(DisclosureNotFoundError):
            store.disclosure(OFFERS, locale, version)


def test_the_newest_wording_of_each_locale_is_found(store: ProgrammeStore) -> None:
    store.create(programme())
    for version in (1, 2, 9, 10):
        store.publish(disclosure(version))
    store.publish(disclosure(3, "fr-CA"))
    newest = sorted(store.latest_disclosures(OFFERS), key=lambda d: d.locale)
    assert newest == [disclosure(10), disclosure(3, "fr-CA")]
    assert list(store.latest_disclosures(NEWS)) == []

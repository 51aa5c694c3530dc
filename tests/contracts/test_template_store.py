from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.aws.template_store import DynamoTemplateStore
from assent.errors import AlreadyExistsError, TemplateNotFoundError
from assent.identifiers import TemplateId
from assent.messages.stored import StoredTemplate
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_template_store import InMemoryTemplateStore

if TYPE_CHECKING:
    from assent.messages.stored import TemplateStore

FIRST = StoredTemplate(
    TemplateId("t_1"), 1, "Spring", "en", "Hi {{ first_name }}", NOON, "ada", {"fr": "Salut"}
)
SECOND = replace(FIRST, version=2, body="Hello", others={})


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> TemplateStore:
    if request.param == "fake":
        return InMemoryTemplateStore()
    tables = request.getfixturevalue("tables")
    return DynamoTemplateStore(request.getfixturevalue("dynamodb"), tables.name("TemplatesTable"))


def test_versions_stand_beside_each_other_and_the_newest_is_meant(store: TemplateStore) -> None:
    store.add(FIRST)
    store.add(SECOND)
    assert store.template(FIRST.template_id) == SECOND
    assert store.template(FIRST.template_id, 1) == FIRST


def test_a_version_is_never_written_again(store: TemplateStore) -> None:
    store.add(FIRST)
    with pytest.raises(AlreadyExistsError):
        store.add(replace(FIRST, body="Other words"))
    assert store.template(FIRST.template_id, 1) == FIRST


@pytest.mark.parametrize(("template_id", "version"), [("t_1", 2), ("t_2", None), ("t_2", 1)])
def test_what_is_not_there_is_not_found(
    store: TemplateStore, template_id: str, version: int | None
) -> None:
    store.add(FIRST)
    with pytest.raises(TemplateNotFoundError):
        store.template(TemplateId(template_id), version)


def test_each_is_listed_once_by_id(store: TemplateStore) -> None:
    other = replace(FIRST, template_id=TemplateId("t_0"))
    for each in (FIRST, SECOND, other):
        store.add(each)
    assert list(store.newest()) == [other, SECOND]

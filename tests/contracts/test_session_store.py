"""Sessions are kept whole, replaced and forgotten; the fake and the table agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.session_store import DynamoSessionStore
from assent.sign_in.model import Challenge, Session, SessionStore, Step, Tokens
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_session_store import InMemorySessionStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.contracts.template_tables import TemplateTables

TOKENS = Tokens("id", "access", "refresh", NOON + timedelta(hours=1))
IN = Session("proof", NOON + timedelta(hours=10), "ada@example.com", tokens=TOKENS)
ASKED = replace(IN, tokens=None, challenge=Challenge(Step.CODE, "ticket", "ada@example.com"))


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest) -> SessionStore:
    if request.param == "fake":
        return InMemorySessionStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoSessionStore(client, tables.name("ControlTable"))


@pytest.mark.parametrize("session", [IN, ASKED], ids=["in", "asked"])
def test_a_session_comes_back_as_it_was_put(store: SessionStore, session: Session) -> None:
    store.put("digest", session)
    assert store.session("digest") == session


def test_the_later_session_of_a_digest_counts(store: SessionStore) -> None:
    store.put("digest", ASKED)
    store.put("digest", IN)
    assert store.session("digest") == IN


def test_a_dropped_session_is_gone_and_may_be_dropped_again(store: SessionStore) -> None:
    store.put("digest", IN)
    store.drop("digest")
    store.drop("digest")
    assert store.session("digest") is None

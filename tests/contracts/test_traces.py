"""What an erasure takes from each store, and what it leaves: rows, other people, later acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.consent_store import DynamoConsentStore
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.traces import ProofTraces, ReplyTraces, TextTraces
from assent.consent.erasing import Erasure
from assent.consent.model import Standing
from assent.identifiers import SubscriberKey
from assent.inbound.inbox import Box, InboxItem
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from tests.contracts.conftest import beyond_the_old_engine
from tests.contracts.examples import KEY, OFFERS, PHONE, change, open_request, requested, stopped
from tests.contracts.test_consent_store import consent_tables
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_traces import (
    InMemoryProofTraces,
    InMemoryReplyTraces,
    InMemoryTextTraces,
)

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.consent.erasing import Traces
    from assent.consent.model import ConsentStore
    from assent.inbound.inbox import InboxStore
    from assent.messages.ledger import MessageLedger
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

OTHER = SubscriberKey("k1_" + "b" * 32)
ERASURE = Erasure(KEY, NOON + timedelta(hours=1), seq=3)
LATER = NOON + timedelta(hours=2)


@dataclass(frozen=True)
class Stores:
    consent: ConsentStore
    ledger: MessageLedger
    inbox: InboxStore
    proofs: Traces
    texts: Traces
    replies: Traces


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    if request.param == "fake":
        consent, ledger, inbox = (
            InMemoryConsentStore(),
            InMemoryMessageLedger(),
            InMemoryInboxStore(),
        )
        return Stores(
            consent,
            ledger,
            inbox,
            InMemoryProofTraces(consent),
            InMemoryTextTraces(ledger),
            InMemoryReplyTraces(inbox),
        )
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    messages, inbox_table = tables.name("MessagesTable"), tables.name("InboxTable")
    return Stores(
        DynamoConsentStore(client, consent_tables(tables), clock),
        DynamoMessageLedger(client, messages, clock),
        DynamoInboxStore(client, inbox_table),
        ProofTraces(client, consent_tables(tables)),
        TextTraces(client, messages),
        ReplyTraces(client, inbox_table),
    )


def row(key: SubscriberKey, at: datetime) -> LedgerRow:
    return LedgerRow(key, at, Purpose.HELP_REPLY, Outcome.SENT, "Hello Zoë", 1)


def item(name: str, key: SubscriberKey | None, at: datetime, box: Box = Box.REVIEW) -> InboxItem:
    return InboxItem(name, box, key, "call me, Zoë", at, "ambiguous")


def four_events(store: ConsentStore, key: SubscriberKey) -> None:
    first = change(None, requested(), requested())
    if key != KEY:
        first = change(Standing(key, PHONE), requested(), requested())
        first = replace(first, before=None)
    store.commit(replace(first, open_request=replace(open_request(), subscriber_key=key)))
    store.commit(change(store.standing(key), stopped(), requested()))


def test_proofs_before_the_erasure_go_and_the_events_stay(stores: Stores) -> None:
    four_events(stores.consent, KEY)
    events = [event for event, _ in stores.consent.history(KEY)]
    for _ in range(2):
        stores.proofs.forget(ERASURE)
        found = stores.consent.history(KEY)
        assert [event for event, _ in found] == events
        assert [evidence is None for _, evidence in found] == [True, True, False, False]


def test_a_request_goes_and_a_later_one_stays(stores: Stores) -> None:
    four_events(stores.consent, KEY)
    stores.proofs.forget(ERASURE)
    assert stores.consent.open_request(KEY, OFFERS) is None
    new = replace(open_request(), requested_at=LATER)
    before = stores.consent.standing(KEY)
    stores.consent.commit(replace(change(before, requested()), open_request=new))
    stores.proofs.forget(ERASURE)
    assert stores.consent.open_request(KEY, OFFERS) == new


@beyond_the_old_engine
def test_the_words_of_texts_go_and_their_fate_stays(stores: Stores) -> None:
    rows = [row(KEY, NOON), row(KEY, LATER), row(OTHER, NOON)]
    for each in rows:
        stores.ledger.record([each])
    for _ in range(2):
        stores.texts.forget(ERASURE)
        found = {
            each for key in (KEY, OTHER) for each in stores.ledger.of_subscriber(key, limit=9)[0]
        }
        assert found == {replace(rows[0], body=""), *rows[1:]}


@beyond_the_old_engine
def test_what_the_person_wrote_goes_from_every_box(stores: Stores) -> None:
    items = [item(f"in-{box.value}", KEY, NOON, box) for box in Box]
    kept = [item("later", KEY, LATER), item("other", OTHER, NOON), item("none", None, NOON)]
    for each in (*items, *kept):
        stores.inbox.put(each)
    for _ in range(2):
        stores.replies.forget(ERASURE)
        found = [each for box in Box for each in stores.inbox.page(box, limit=20)[0]]
        assert {each.item_id: each.body for each in found} == {
            **{each.item_id: "" for each in items},
            **{each.item_id: each.body for each in kept},
        }


def test_other_people_keep_theirs(stores: Stores) -> None:
    four_events(stores.consent, OTHER)
    stores.proofs.forget(ERASURE)
    assert all(evidence is not None for _, evidence in stores.consent.history(OTHER))
    assert stores.consent.open_request(OTHER, OFFERS) is not None


def test_an_erased_profile_is_empty_and_may_be_filled_anew(stores: Stores) -> None:
    stores.consent.commit(replace(change(None, requested()), profile={"first_name": "Zoë"}))
    before = stores.consent.standing(KEY)
    erased = replace(change(before, stopped()), forget=True)
    stores.consent.commit(replace(erased, after=replace(erased.after, phone=None)))
    assert stores.consent.profile(KEY) == {}  # type: ignore[attr-defined]
    before = stores.consent.standing(KEY)
    assert before is not None
    assert before.phone is None
    stores.consent.commit(replace(change(before, requested()), profile={"region": "NY"}))
    assert stores.consent.profile(KEY) == {"region": "NY"}  # type: ignore[attr-defined]

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.ledger import DynamoMessageLedger
from assent.identifiers import CampaignId, SubscriberKey
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from tests.contracts.examples import KEY, OFFERS
from tests.contracts.item_size import item_bytes
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.messages.ledger import MessageLedger
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock


@pytest.fixture(params=["fake", "aws"])
def ledger(request: pytest.FixtureRequest, clock: FrozenClock) -> MessageLedger:
    if request.param == "fake":
        return InMemoryMessageLedger()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoMessageLedger(client, tables.name("MessagesTable"), clock)


def row(second: int = 0, key: SubscriberKey = KEY) -> LedgerRow:
    return LedgerRow(
        subscriber_key=key,
        claimed_at=NOON + timedelta(seconds=second, microseconds=5),
        purpose=Purpose.CAMPAIGN,
        outcome=Outcome.SENT,
        body="Example Shop: 20 % off until Sunday, Zoë. Reply STOP to opt out.",
        parts=1,
        campaign_id=CampaignId("c_7f3k9q0m2x1b"),
        programme_id=OFFERS,
        provider_message_id="34d9b400-c6dd-5444-820d-fbeb0f1f54cf",
        decision="1 a+ s+ c+confirmed,1,3 h+ n+ p+ f+1,4,30,4 k+US-FL,0,3,24".ljust(200, "x"),
    )


def reply(second: int) -> LedgerRow:
    return LedgerRow(
        KEY, NOON + timedelta(seconds=second), Purpose.HELP_REPLY, Outcome.REFUSED, "Help", 1,
        reason="InvalidParameter", variant="b",
    )  # fmt: skip


def test_rows_come_back_whole(ledger: MessageLedger) -> None:
    rows = [row(), reply(3)]
    ledger.record(rows)
    found = ledger.rows([(KEY, each.sent_id) for each in rows])
    assert sorted(found, key=lambda r: r.sent_id) == rows


def test_one_row_and_none_can_be_recorded(ledger: MessageLedger) -> None:
    ledger.record([])
    assert ledger.last_to(KEY) is None
    ledger.record([row()])
    assert ledger.last_to(KEY) == row()


def test_more_rows_than_one_write_takes_are_all_recorded(ledger: MessageLedger) -> None:
    rows = [row(0, SubscriberKey(f"k1_{number:03d}")) for number in range(107)]
    ledger.record(rows)
    keys = [(r.subscriber_key, r.sent_id) for r in rows]
    assert len(ledger.rows(keys)) == 107


def test_recording_the_same_claim_again_replaces_its_row(ledger: MessageLedger) -> None:
    ledger.record([row(), row(), row(1)])
    ledger.record([row(), row(1)])
    assert list(ledger.of_subscriber(KEY, limit=10)[0]) == [row(1), row()]


def test_doubt_is_recorded_only_where_nothing_is_known(ledger: MessageLedger) -> None:
    doubt = replace(row(), outcome=Outcome.IN_DOUBT, provider_message_id=None)
    assert ledger.record_in_doubt(doubt)
    assert not ledger.record_in_doubt(doubt)
    ledger.record([row(1)])
    assert not ledger.record_in_doubt(replace(row(1), outcome=Outcome.IN_DOUBT))
    assert ledger.last_to(KEY) == row(1)


def test_rows_that_are_not_there_are_absent(ledger: MessageLedger) -> None:
    ledger.record([row()])
    assert list(ledger.rows([(KEY, "nothing"), (KEY, row().sent_id)])) == [row()]
    assert list(ledger.rows([])) == []


def test_texts_page_newest_first(ledger: MessageLedger) -> None:
    ledger.record([row(second) for second in range(5)])
    first, before = ledger.of_subscriber(KEY, limit=2)
    second, before_third = ledger.of_subscriber(KEY, limit=2, before=before)
    third, end = ledger.of_subscriber(KEY, limit=2, before=before_third)
    assert [*first, *second, *third] == [row(s) for s in (4, 3, 2, 1, 0)]
    assert end is None


def test_a_page_that_is_just_full_is_the_last(ledger: MessageLedger) -> None:
    ledger.record([row(1), row(2)])
    assert ledger.of_subscriber(KEY, limit=2)[1] is None
    assert ledger.of_subscriber(SubscriberKey("k1_other"), limit=2) == ([], None)


def test_a_row_is_one_write_unit_and_expires_after_400_days(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    name = tables.name("MessagesTable")
    DynamoMessageLedger(dynamodb, name, clock).record([replace(row(), body="x" * 459)])
    item = dynamodb.scan(TableName=name)["Items"][0]
    assert item_bytes(item) <= 1024
    kept = int(item["expires_at"]["N"]) - NOON.timestamp()
    assert kept >= 400 * 86_400

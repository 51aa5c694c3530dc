"""Reports, doubts and papers on both sides; and what a sweep or a hold does to real rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws import clients
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.inbox_sweep import InboxSweep
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.ledger_marks import DynamoDoubts, DynamoKeptTexts
from assent.aws.paper_bucket import S3Papers
from assent.aws.quarantine_sweep import QuarantineSweep
from assent.aws.report_store import DynamoReportStore
from assent.identifiers import CampaignId, SubscriberKey
from assent.inbound.inbox import Box, InboxItem
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from assent.rights.reports import ReportKind
from assent.rights.retention import Rule, Swept
from tests.contracts.examples import KEY
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_ledger_marks import InMemoryDoubts
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_report_store import InMemoryReportStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.messages.ledger import MessageLedger
    from assent.rights.reports import ReportStore
    from assent.rights.review import Doubts
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

OTHER = SubscriberKey("k1_" + "b" * 32)


@pytest.fixture(params=["fake", "aws"])
def reports(request: pytest.FixtureRequest) -> ReportStore:
    if request.param == "fake":
        return InMemoryReportStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoReportStore(client, tables.name("ReportsTable"))


def test_a_report_comes_back_whole_and_is_replaced(reports: ReportStore) -> None:
    assert reports.one(ReportKind.REVIEW, "2026-11-16") is None
    for total in (1, 2):
        reports.put(ReportKind.REVIEW, "2026-11-16", {"total": total, "é": [None, {"a": "b"}]})
    found = reports.one(ReportKind.REVIEW, "2026-11-16")
    assert found == {"total": 2, "é": [None, {"a": "b"}]}


def test_reports_page_newest_first_within_their_kind(reports: ReportStore) -> None:
    for day in range(1, 6):
        reports.put(ReportKind.RETENTION, f"2026-11-0{day}#inbox", {"day": day})
    reports.put(ReportKind.REVIEW, "2026-11-09", {"day": 9})
    first, more = reports.page(ReportKind.RETENTION, limit=3)
    second, end = reports.page(ReportKind.RETENTION, limit=3, before=more)
    assert [report["day"] for _, report in (*first, *second)] == [5, 4, 3, 2, 1]
    assert end is None


@pytest.fixture(params=["fake", "aws"])
def ledger_and_doubts(
    request: pytest.FixtureRequest, clock: FrozenClock
) -> tuple[MessageLedger, Doubts]:
    if request.param == "fake":
        ledger = InMemoryMessageLedger()
        return ledger, InMemoryDoubts(ledger)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    name = request.getfixturevalue("tables").name("MessagesTable")
    return DynamoMessageLedger(client, name, clock), DynamoDoubts(client, name)


def row(minutes: int, outcome: Outcome, campaign: str | None = "c_1") -> LedgerRow:
    at = NOON + timedelta(minutes=minutes)
    purpose = Purpose.CAMPAIGN if campaign else Purpose.HELP_REPLY
    campaign_id = CampaignId(campaign) if campaign else None
    return LedgerRow(KEY, at, purpose, outcome, "body", 1, campaign_id=campaign_id)


def test_texts_in_doubt_are_found_by_their_time(
    ledger_and_doubts: tuple[MessageLedger, Doubts],
) -> None:
    ledger, doubts = ledger_and_doubts
    ledger.record(
        [
            row(0, Outcome.IN_DOUBT),
            row(5, Outcome.IN_DOUBT),
            row(6, Outcome.SENT),
            row(7, Outcome.IN_DOUBT, None),
        ]
    )
    found = list(doubts.since(NOON + timedelta(minutes=1)))
    assert sorted(found, key=str) == [None, "c_1"]


def test_a_hold_takes_the_expiry_of_a_persons_rows_and_gives_it_back(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    name = tables.name("MessagesTable")
    DynamoMessageLedger(dynamodb, name, clock).record([row(0, Outcome.SENT)])

    def expiry() -> str | None:
        (item,) = dynamodb.scan(TableName=name)["Items"]
        return item["expires_at"]["N"] if "expires_at" in item else None

    before, kept = expiry(), DynamoKeptTexts(dynamodb, name, clock)
    for _ in range(2):
        kept.keep(KEY)
    assert expiry() is None
    kept.let_go(OTHER)
    assert expiry() is None
    kept.let_go(KEY)
    assert expiry() == before
    kept.keep(KEY)
    clock.advance(timedelta(days=1000))
    kept.let_go(KEY)
    assert expiry() == str(int((clock.now() + timedelta(days=1)).timestamp()))


def test_words_that_staff_have_read_go_after_their_days_and_no_others(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    name = tables.name("InboxTable")
    inbox = DynamoInboxStore(dynamodb, name)
    day = timedelta(days=1)
    for item in (
        InboxItem("old", Box.FEEDBACK, KEY, "words", NOON - 11 * day, "feedback"),
        InboxItem("young", Box.FEEDBACK, KEY, "words", NOON - 9 * day, "feedback"),
        InboxItem("unread", Box.REVIEW, KEY, "words", NOON - 11 * day, "ambiguous"),
        InboxItem("kept", Box.HELP, OTHER, "words", NOON - 11 * day, "help"),
    ):
        inbox.put(item)
    sweep = InboxSweep(dynamodb, name, lambda key: key == OTHER)
    rule = Rule("inbox", 10, "job", "", "", "")
    swept, cursor = [], None
    for _ in Box:
        swept.append(sweep.sweep(rule, NOON, cursor))
        cursor = swept[-1].cursor
        if cursor is None:
            break
    assert (sum(s.deleted for s in swept), sum(s.kept for s in swept)) == (1, 1)
    items = (inbox.find(each) for each in ("old", "young", "unread", "kept"))
    assert [item and item.body for item in items] == ["", "words", "words", "words"]


def test_a_quarantined_object_goes_in_all_its_versions(cloud: Any) -> None:
    s3 = clients.s3()
    s3.create_bucket(Bucket="quarantine")
    s3.put_bucket_versioning(Bucket="quarantine", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"a", b"b"):
        s3.put_object(Bucket="quarantine", Key="inbound/1", Body=body)
    sweep = QuarantineSweep(s3, "quarantine")
    rule = Rule("quarantine", 90, "job", "", "", "")
    now = datetime.now(UTC)
    assert sweep.sweep(rule, now + timedelta(days=89), None) == Swept(0, 0, None)
    assert sweep.sweep(rule, now + timedelta(days=91), None) == Swept(2, 0, None)
    assert "Versions" not in s3.list_object_versions(Bucket="quarantine")


def test_a_paper_is_served_as_what_it_is_and_kept_by_no_cache(cloud: Any) -> None:
    s3 = clients.s3()
    s3.create_bucket(Bucket="papers")
    papers = S3Papers(s3, "papers")
    papers.put("reviews/a.html", "<p>é", "text/html; charset=utf-8")
    found = s3.get_object(Bucket="papers", Key="reviews/a.html")
    assert (found["ContentType"], found["CacheControl"]) == ("text/html; charset=utf-8", "no-store")
    assert found["Body"].read().decode() == "<p>é"
    assert "reviews/a.html" in papers.link("reviews/a.html", timedelta(minutes=15))

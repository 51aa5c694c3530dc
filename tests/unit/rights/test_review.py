"""A review counts what happened in seven whole days and says what of it wants a look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from assent.consent.events import EventType, Source
from assent.evidence.staff_audit import AuditAction, AuditOutcome, Deed, StaffAudit, StoredEntry
from assent.identifiers import CampaignId
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from assent.programmes.model import Disclosure
from assent.provider_opt_outs.outbox import Notice, NoticeState
from assent.rights.reports import ReportKind
from assent.rights.review import Review, Reviewed, findings, percentile
from assent.web.rights_pages import draw_review
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_digest_store import InMemoryDigestStore
from tests.fakes.in_memory_event_log import InMemoryEventLog
from tests.fakes.in_memory_export_sources import InMemoryAuditLog, InMemoryEventSource
from tests.fakes.in_memory_import_store import InMemoryImportStore
from tests.fakes.in_memory_ledger_marks import InMemoryDoubts
from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger
from tests.fakes.in_memory_outbox import InMemoryOutbox
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_report_store import InMemoryReportStore
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore
from tests.unit.campaigns.world import PROGRAMME
from tests.unit.consent.people import KEY, OFFERS, World
from tests.unit.evidence.sealed_log import SealedLog


@dataclass
class Week:
    """A house of seven days, reviewed on the eighth."""

    world: World = field(default_factory=World)
    programmes: InMemoryProgrammeStore = field(default_factory=InMemoryProgrammeStore)
    ledger: InMemoryMessageLedger = field(default_factory=InMemoryMessageLedger)
    outbox: InMemoryOutbox = field(default_factory=InMemoryOutbox)
    audit: InMemoryStaffAuditStore = field(default_factory=InMemoryStaffAuditStore)
    digests: InMemoryDigestStore = field(default_factory=InMemoryDigestStore)
    reports: InMemoryReportStore = field(default_factory=InMemoryReportStore)

    def __post_init__(self) -> None:
        self.programmes.create(PROGRAMME)

    def review(self) -> dict[str, Any]:
        history = self.world.store.history(KEY)
        log = InMemoryEventLog()
        log.add(event for event, _ in history)
        entries = [StoredEntry(each, each.hash) for each in self.audit.entries]
        stores = Reviewed(
            log=log,
            events=InMemoryEventSource(history),
            programmes=self.programmes,
            doubts=InMemoryDoubts(self.ledger),
            audit=InMemoryAuditLog(entries),
            outbox=self.outbox,
            digests=self.digests,
            imports=InMemoryImportStore(),
            reports=self.reports,
        )
        _, document = Review(stores, self.world.clock).make()
        return document

    def the_week_is_over(self) -> None:
        self.world.later(days=1)


def test_a_quiet_week_wants_no_look_but_for_the_digest_that_is_not_there() -> None:
    week = Week()
    week.the_week_is_over()
    review = week.review()
    assert review["findings"] == ["digest_behind"]
    assert review["review_id"] == "2026-11-17"
    assert week.reports.one(ReportKind.REVIEW, "2026-11-17") == review


def test_consents_without_complete_proof_are_named_by_what_they_lack() -> None:
    week = Week()
    week.world.confirmed_to(OFFERS)
    week.world.store.erase_evidence(KEY)
    week.the_week_is_over()
    review = week.review()
    assert review["evidence"]["by_fault"] == {"no_evidence": 2}
    assert review["evidence"]["examples"][0]["subscriber_key"] == KEY
    assert "evidence_incomplete" in review["findings"]


def test_what_was_erased_on_request_is_no_fault() -> None:
    from assent.consent.erasing import Erasing
    from tests.fakes.in_memory_traces import InMemoryProofTraces

    week = Week()
    week.world.confirmed_to(OFFERS)
    erasing = Erasing(week.world.service, (InMemoryProofTraces(week.world.store),))
    erasing.erase(KEY, Source.STAFF, {"actor": "c"})
    week.the_week_is_over()
    assert week.review()["evidence"]["checked"] == 0


def test_opt_outs_are_counted_by_door_and_by_how_late_they_were_recorded() -> None:
    week = Week()
    week.world.confirmed_to(OFFERS)
    at = week.world.later(minutes=5)
    week.world.later(seconds=90)
    week.world.stop(at)
    week.the_week_is_over()
    review = week.review()
    assert review["opt_outs"]["total"] == 1
    assert review["opt_outs"]["by_source"] == {"inbound_sms": 1}
    late = review["opt_outs"]["latency_seconds"]
    assert late == {"measured": 1, "p50": 90, "p90": 90, "p99": 90, "max": 90}
    assert "opt_outs_slow" in review["findings"]


def test_a_new_wording_or_new_terms_are_a_change_of_the_programme() -> None:
    week = Week()
    week.the_week_is_over()
    assert not week.review()["programmes"][0]["changed"]
    week.programmes.replace(replace(PROGRAMME, version=2), expected_version=1)
    week.world.later(days=7)
    changed = week.review()["programmes"][0]
    assert (changed["version_before"], changed["version"], changed["changed"]) == (1, 2, True)
    week.programmes.publish(Disclosure(OFFERS, "en", 1, "Words", week.world.clock.now()))
    week.world.later(days=7)
    assert [each["locale"] for each in week.review()["programmes"][0]["published"]] == ["en"]


def test_doubts_drift_and_staff_are_counted() -> None:
    week = Week()
    doubt = LedgerRow(
        KEY, NOON, Purpose.CAMPAIGN, Outcome.IN_DOUBT, "x", 1, campaign_id=CampaignId("c_1")
    )
    week.ledger.record([doubt])
    week.outbox.put(Notice(KEY, 1, NOON, NoticeState.BLOCKED))
    begun = Deed("eve", ("compliance",), AuditAction.PERSON_ERASED, AuditOutcome.BEGUN, "r", "1")
    StaffAudit(week.audit, week.world.clock).record(
        [begun, replace(begun, outcome=AuditOutcome.DONE)]
    )
    week.the_week_is_over()
    review = week.review()
    assert review["in_doubt"] == {"total": 1, "by_campaign": {"c_1": 1}}
    assert review["drift"]["blocked"] == 1
    assert (review["staff"]["entries"], review["staff"]["actors"]) == (1, 1)
    assert {"sends_in_doubt", "provider_out_of_step"} <= set(review["findings"])


def test_an_altered_entry_of_the_audit_is_found() -> None:
    week = Week()
    deed = Deed("eve", ("compliance",), AuditAction.PERSON_ERASED, AuditOutcome.DONE, "r", "1")
    StaffAudit(week.audit, week.world.clock).record([deed])
    (entry,) = week.audit.entries
    altered = replace(entry, deed=replace(deed, actor="adam"))
    week.the_week_is_over()
    stored = InMemoryAuditLog([StoredEntry(altered, entry.hash)])
    stores = Reviewed(
        log=InMemoryEventLog(),
        events=InMemoryEventSource(),
        programmes=week.programmes,
        doubts=InMemoryDoubts(week.ledger),
        audit=stored,
        outbox=week.outbox,
        digests=week.digests,
        imports=InMemoryImportStore(),
        reports=week.reports,
    )
    _, document = Review(stores, week.world.clock).make()
    assert "audit_not_intact" in findings(document)


def test_a_digest_of_this_hour_is_current() -> None:
    sealed = SealedLog()
    week = Week(digests=sealed.digests)
    latest = sealed.periods[-1]
    week.world.later(days=1)
    assert not week.review()["digests"]["is_current"]
    fresh = Week(digests=sealed.digests)
    fresh.world.clock.advance(latest.until + timedelta(minutes=70) - fresh.world.clock.now())
    assert fresh.review()["digests"]["is_current"]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 50, None), ([3], 99, 3), ([1, 2, 3, 4], 50, 2), (list(range(1, 101)), 99, 99)],
    ids=["nothing", "one", "half", "hundred"],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[int], share: int, expected: int | None
) -> None:
    assert percentile(Counter(values), share) == expected


def test_the_page_says_what_wants_a_look_and_runs_nothing() -> None:
    week = Week()
    week.world.confirmed_to(OFFERS)
    week.programmes.replace(replace(PROGRAMME, version=2, name="<b>x"), expected_version=1)
    week.the_week_is_over()
    page = draw_review(week.review())
    assert "The newest signed digest is more than two hours old." in page
    assert "&lt;b&gt;x" in page
    assert "<script" not in page
    assert EventType.CONFIRMED.value.capitalize() in page

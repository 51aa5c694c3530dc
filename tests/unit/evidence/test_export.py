from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.clock import iso
from assent.consent.model import ConsentStatus
from assent.errors import ExportNotFoundError, IllegalTransitionError, InputError
from assent.evidence.datasets import Dataset, ExportQuery
from assent.evidence.export import RESUMED_FOR, ExportService, ExportStatus
from assent.identifiers import ExportId
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_export_bucket import InMemoryExportBucket
from tests.fakes.in_memory_export_store import InMemoryExportStore
from tests.fakes.recording_export_workflow import RecordingExportWorkflow
from tests.fakes.sequential_ids import SequentialIds
from tests.unit.evidence.chains import DEALS

YESTERDAY = NOON - timedelta(days=1)


@pytest.fixture
def service() -> ExportService:
    return ExportService(
        store=InMemoryExportStore(),
        links=InMemoryExportBucket(),
        workflow=RecordingExportWorkflow(),
        clock=FrozenClock(),
        ids=SequentialIds(),
    )


def test_a_request_is_stored_and_its_workflow_started_under_its_id(service: ExportService) -> None:
    export = service.request(ExportQuery(YESTERDAY, NOON, programme_id=DEALS), "ann")
    assert service.export(export.export_id) == export
    assert export.status is ExportStatus.REQUESTED
    workflow = service.workflow
    assert isinstance(workflow, RecordingExportWorkflow)
    assert workflow.started == {
        export.export_id: {"export_id": export.export_id, "until": iso(NOON), "run": "1"}
    }


def test_the_future_is_cut_off(service: ExportService) -> None:
    export = service.request(ExportQuery(YESTERDAY, NOON + timedelta(days=9)), "ann")
    assert export.query.until == NOON


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param(NOON, NOON, id="empty"),
        pytest.param(NOON, YESTERDAY, id="backwards"),
        pytest.param(NOON + timedelta(days=1), NOON + timedelta(days=2), id="in the future"),
    ],
)
def test_a_span_that_can_hold_nothing_is_refused(
    service: ExportService, since: object, until: object
) -> None:
    with pytest.raises(InputError) as refused:
        service.request(ExportQuery(since, until), "ann")  # type: ignore[arg-type]
    assert refused.value.field == "from"
    assert not service.exports()


def test_exports_are_listed_newest_first(service: ExportService) -> None:
    first = service.request(ExportQuery(YESTERDAY, NOON), "ann")
    second = service.request(ExportQuery(YESTERDAY, NOON), "ann")
    assert list(service.exports()) == [second, first]


def test_only_a_finished_export_has_a_link_and_for_15_minutes(service: ExportService) -> None:
    export = service.request(ExportQuery(YESTERDAY, NOON), "ann")
    assert service.link(export) is None
    link = service.link(replace(export, status=ExportStatus.DONE))
    assert link is not None
    assert export.object_key in link
    assert link.endswith("expires=900")


def test_an_unknown_export_is_not_found(service: ExportService) -> None:
    with pytest.raises(ExportNotFoundError):
        service.export(ExportId("e_0"))


def test_the_audit_cannot_be_narrowed_by_what_it_does_not_know(service: ExportService) -> None:
    query = ExportQuery(
        YESTERDAY, NOON, (Dataset.STAFF_AUDIT,), statuses=(ConsentStatus.CONFIRMED,)
    )
    with pytest.raises(InputError):
        service.request(query, "ann")
    with pytest.raises(InputError):
        service.request(replace(query, datasets=()), "ann")


def test_a_cancelled_export_is_taken_up_by_a_new_execution(service: ExportService) -> None:
    export = service.request(ExportQuery(YESTERDAY, NOON), "ann")
    cancelled = service.cancel(export.export_id)
    assert (cancelled.status, cancelled.finished_at) == (ExportStatus.CANCELLED, NOON)
    with pytest.raises(IllegalTransitionError):
        service.cancel(export.export_id)
    assert service.resume(export.export_id).status is ExportStatus.REQUESTED
    assert isinstance(service.workflow, RecordingExportWorkflow)
    assert len(service.workflow.started) == 2
    with pytest.raises(IllegalTransitionError):
        service.resume(export.export_id)


@pytest.mark.parametrize("late", [False, True], ids=["kept", "gone"])
def test_what_the_bucket_dropped_meanwhile_is_begun_anew(
    service: ExportService, late: bool
) -> None:
    export = service.request(ExportQuery(YESTERDAY, NOON), "ann")
    begun = replace(export, upload_id="u", begun_at=NOON, state_key="s", rows=5)
    service.store.save(begun)
    service.cancel(export.export_id)
    service.clock.sleep((RESUMED_FOR + timedelta(hours=late)).total_seconds())
    resumed = service.resume(export.export_id)
    assert (resumed.upload_id, resumed.rows) == ((None, 0) if late else ("u", 5))

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.errors import ExportNotFoundError, InputError
from assent.evidence.export import ExportRequest, ExportService, ExportStatus
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
    export = service.request(ExportRequest(YESTERDAY, NOON, "ann", DEALS))
    assert service.export(export.export_id) == export
    assert export.status is ExportStatus.REQUESTED
    workflow = service.workflow
    assert isinstance(workflow, RecordingExportWorkflow)
    assert workflow.started == {export.export_id: {"export_id": export.export_id}}


def test_the_future_is_cut_off(service: ExportService) -> None:
    export = service.request(ExportRequest(YESTERDAY, NOON + timedelta(days=9), "ann"))
    assert export.until == NOON


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
        service.request(ExportRequest(since, until, "ann"))  # type: ignore[arg-type]
    assert refused.value.field == "from"
    assert not service.exports()


def test_exports_are_listed_newest_first(service: ExportService) -> None:
    first = service.request(ExportRequest(YESTERDAY, NOON, "ann"))
    second = service.request(ExportRequest(YESTERDAY, NOON, "ann"))
    assert list(service.exports()) == [second, first]


def test_only_a_finished_export_has_a_link_and_for_15_minutes(service: ExportService) -> None:
    export = service.request(ExportRequest(YESTERDAY, NOON, "ann"))
    assert service.link(export) is None
    link = service.link(replace(export, status=ExportStatus.DONE))
    assert link is not None
    assert export.object_key in link
    assert link.endswith("expires=900")


def test_an_unknown_export_is_not_found(service: ExportService) -> None:
    with pytest.raises(ExportNotFoundError):
        service.export(ExportId("e_0"))

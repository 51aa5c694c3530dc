"""Staff routes over exports: order, follow, cancel, take up again, fetch."""

from collections.abc import Callable

from assent.clock import iso
from assent.consent.model import ConsentStatus, PhoneKeys
from assent.evidence.datasets import Dataset, ExportQuery, FileFormat
from assent.evidence.export import Export, ExportService
from assent.evidence.staff_audit import AuditAction
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.idempotency import Once
from assent.http.parameters import (
    CursorInQuery,
    ExportInPath,
    IdempotencyKey,
    LimitInQuery,
    phone_in,
)
from assent.http.resolver import Api
from assent.http.shapes_evidence import ExportPage, ExportShown, NewExport
from assent.identifiers import ExportId, ProgrammeId
from assent.telemetry import count, record


def add_exports(
    api: Api,
    service: Callable[[], ExportService],
    once: Callable[[], Once],
    cursors: Callable[[], Cursors],
    keys: Callable[[], PhoneKeys],
) -> None:
    """Register the routes."""
    _add_orders(api, service, once, keys)
    _add_changes(api, service)

    @api.get("/v1/exports", tags=["Exports"])
    def list_exports(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ExportPage:
        """Exports, newest first."""
        after = cursors().read("exports", cursor)
        page, more = page_of(service().exports(), lambda e: e.export_id, after, limit)
        return ExportPage(
            items=[export_shown(each) for each in page],
            next_cursor=cursors().issue("exports", more),
        )

    @api.get("/v1/exports/<export_id>", tags=["Exports"])
    def read_export(export_id: ExportInPath) -> ExportShown:
        """One export; when it is done, with a link to its file."""
        export = service().export(ExportId(export_id))
        link = service().link(export)
        if link:
            record("export_linked", {"export_id": export_id, "by": api.staff.subject})
            api.about(export_id, AuditAction.EXPORT_LINKED)
        return export_shown(export, link)


def _add_orders(
    api: Api,
    service: Callable[[], ExportService],
    once: Callable[[], Once],
    keys: Callable[[], PhoneKeys],
) -> None:
    @api.post("/v1/exports", status_code=201, tags=["Exports"])
    def order_export(body: NewExport, idempotency_key: IdempotencyKey = None) -> ExportShown:
        """Order a bundle of rows of a span with what proves them; read the export until it is
        done. What was recorded before its end is sealed first."""
        actor = api.staff.subject

        def work() -> str:
            made = service().request(_query(body, keys()), actor)
            count("ExportRequested")
            record("export_requested", {"export_id": made.export_id, "by": actor})
            return export_shown(made).model_dump_json(by_alias=True)

        scope = f"exports {actor}"
        answer = once().run(scope, idempotency_key, body.model_dump_json(), work)
        made = ExportShown.model_validate_json(answer)
        api.about(made.export_id)
        return made


def _add_changes(api: Api, service: Callable[[], ExportService]) -> None:
    @api.post("/v1/exports/<export_id>/cancel", tags=["Exports"])
    def cancel_export(export_id: ExportInPath) -> ExportShown:
        """Stop an export; what is written of it waits for a day."""
        export = service().cancel(ExportId(export_id))
        record("export_cancelled", {"export_id": export_id, "by": api.staff.subject})
        return export_shown(export)

    @api.post("/v1/exports/<export_id>/resume", tags=["Exports"])
    def resume_export(export_id: ExportInPath) -> ExportShown:
        """Take up a cancelled or failed export where it was, or anew where that is gone."""
        export = service().resume(ExportId(export_id))
        record("export_resumed", {"export_id": export_id, "by": api.staff.subject})
        return export_shown(export)


def _query(body: NewExport, keys: PhoneKeys) -> ExportQuery:
    """Raises InvalidPhoneError; numbers become keys here and are kept nowhere."""
    numbers = [phone_in(each) for each in body.phones] if body.phones is not None else None
    return ExportQuery(
        since=body.since,
        until=body.until,
        datasets=tuple(each for each in Dataset if each.value in body.datasets),
        file_format=FileFormat(body.file_format),
        programme_id=ProgrammeId(body.programme_id) if body.programme_id else None,
        statuses=tuple(ConsentStatus(each) for each in dict.fromkeys(body.statuses)),
        subscriber_keys=(
            None if numbers is None else tuple(dict.fromkeys(keys.key_of(n) for n in numbers))
        ),
    )


def export_shown(export: Export, link: str | None = None) -> ExportShown:
    """Return an export as staff see it."""
    keys = export.query.subscriber_keys
    return ExportShown.model_validate(
        {
            "export_id": export.export_id,
            "status": export.status.value,
            "from": iso(export.query.since),
            "to": iso(export.query.until),
            "datasets": [each.value for each in export.query.datasets],
            "file_format": export.query.file_format.value,
            "programme_id": export.query.programme_id,
            "statuses": [each.value for each in export.query.statuses],
            "numbers": None if keys is None else len(keys),
            "as_dossier": export.query.as_dossier,
            "stage": export.stage,
            "requested_by": export.requested_by,
            "created_at": iso(export.created_at),
            "finished_at": iso(export.finished_at) if export.finished_at else None,
            "rows": export.rows,
            "bytes": export.bytes,
            "link": link,
        }
    )

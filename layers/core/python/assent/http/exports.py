"""Staff routes over exports of the consent log."""

from collections.abc import Callable

from assent.clock import iso
from assent.evidence.export import Export, ExportRequest, ExportService
from assent.evidence.staff_audit import AuditAction
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.idempotency import Once
from assent.http.parameters import CursorInQuery, ExportInPath, IdempotencyKey, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_evidence import ExportPage, ExportShown, NewExport
from assent.identifiers import ExportId, ProgrammeId
from assent.telemetry import count, record


def add_exports(
    api: Api,
    service: Callable[[], ExportService],
    once: Callable[[], Once],
    cursors: Callable[[], Cursors],
) -> None:
    """Register the routes."""

    @api.get("/v1/exports", tags=["Exports"])
    def list_exports(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ExportPage:
        """Exports, newest first."""
        after = cursors().read("exports", cursor)
        page, more = page_of(service().exports(), lambda e: e.export_id, after, limit)
        return ExportPage(
            items=[_export(each) for each in page], next_cursor=cursors().issue("exports", more)
        )

    @api.post("/v1/exports", status_code=201, tags=["Exports"])
    def order_export(body: NewExport, idempotency_key: IdempotencyKey = None) -> ExportShown:
        """Order the consent log of a span as CSV; read the export until it is done."""
        actor = api.staff.subject
        programme_id = ProgrammeId(body.programme_id) if body.programme_id else None

        def work() -> str:
            wanted = ExportRequest(body.since, body.until, actor, programme_id)
            made = service().request(wanted)
            count("ExportRequested")
            record("export_requested", {"export_id": made.export_id, "by": actor})
            return _export(made).model_dump_json(by_alias=True)

        scope = f"exports {actor}"
        answer = once().run(scope, idempotency_key, body.model_dump_json(), work)
        made = ExportShown.model_validate_json(answer)
        api.about(made.export_id)
        return made

    @api.get("/v1/exports/<export_id>", tags=["Exports"])
    def read_export(export_id: ExportInPath) -> ExportShown:
        """One export; when it is done, with a link to its file."""
        export = service().export(ExportId(export_id))
        link = service().link(export)
        if link:
            record("export_linked", {"export_id": export_id, "by": api.staff.subject})
            api.about(export_id, AuditAction.EXPORT_LINKED)
        return _export(export, link)


def _export(export: Export, link: str | None = None) -> ExportShown:
    return ExportShown.model_validate(
        {
            "export_id": export.export_id,
            "status": export.status.value,
            "from": iso(export.since),
            "to": iso(export.until),
            "programme_id": export.programme_id,
            "requested_by": export.requested_by,
            "created_at": iso(export.created_at),
            "finished_at": iso(export.finished_at) if export.finished_at else None,
            "rows": export.rows,
            "bytes": export.bytes,
            "link": link,
        }
    )

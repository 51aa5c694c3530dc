"""Staff routes over imports: open, upload, check, start, cancel, look."""

from collections.abc import Callable
from dataclasses import dataclass

from assent.clock import iso
from assent.evidence.staff_audit import StaffAudit
from assent.http.cursors import PAGE, Cursors, checksum, page_of
from assent.http.idempotency import Once
from assent.http.parameters import CursorInQuery, IdempotencyKey, ImportInPath, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_imports import ImportPage, ImportShown, NewImport, TallyShown
from assent.identifiers import ImportId, ProgrammeId
from assent.imports.model import Import, ImportStatus, Source, Tally
from assent.imports.service import ImportService
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class ImportServices:
    """What these routes need."""

    imports: ImportService
    once: Once
    audit: StaffAudit


def imports_api(services: Callable[[], ImportServices]) -> Api:
    """Return the routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)
    # This function may not use the phone key, and its list says nothing about one person.
    add_imports(api, lambda: services().imports, lambda: services().once, Cursors(checksum))
    return api.ready()


def add_imports(
    api: Api,
    service: Callable[[], ImportService],
    once: Callable[[], Once],
    cursors: Cursors,
) -> None:
    """Register the routes."""

    @api.get("/v1/imports", tags=["Imports"])
    def list_imports(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ImportPage:
        """Imports, newest first; read one by one, they carry links."""
        after = cursors.read("imports", cursor)
        page, more = page_of(service().all(), lambda each: each.import_id, after, limit)
        return ImportPage(
            items=[_shown(each, {}) for each in page], next_cursor=cursors.issue("imports", more)
        )

    @api.post("/v1/imports", status_code=201, tags=["Imports"])
    def open_import(body: NewImport, idempotency_key: IdempotencyKey = None) -> ImportShown:
        """Open an import; PUT the file to its `upload` link, then have it checked."""
        actor = api.staff.subject

        def work() -> str:
            source = Source(body.layout, body.columns, body.country)
            made = service().open(ProgrammeId(body.programme_id), body.name, source, actor)
            _noted("opened", made, actor)
            return _shown(made, {}).model_dump_json()

        scope = f"imports {actor}"
        answer = once().run(scope, idempotency_key, body.model_dump_json(), work)
        known = ImportShown.model_validate_json(answer)
        api.about(known.import_id)
        return _looked_at(service(), service().one(ImportId(known.import_id)))

    @api.get("/v1/imports/<import_id>", tags=["Imports"])
    def read_import(import_id: ImportInPath) -> ImportShown:
        """One import with its counts, its reports and, until it was checked, its upload link."""
        return _looked_at(service(), service().one(ImportId(import_id)))

    _add_acts(api, service)


def _add_acts(api: Api, service: Callable[[], ImportService]) -> None:
    @api.post("/v1/imports/<import_id>/check", tags=["Imports"])
    def check_import(import_id: ImportInPath) -> ImportShown:
        """Go through the file without doing anything, and count what would be done."""
        return _done("checked", service().check(ImportId(import_id)))

    @api.post("/v1/imports/<import_id>/start", tags=["Imports"])
    def start_import(import_id: ImportInPath) -> ImportShown:
        """Act on the checked file: record opt-outs, accept what is proved, ask the others."""
        return _done("started", service().start(ImportId(import_id)))

    @api.post("/v1/imports/<import_id>/cancel", tags=["Imports"])
    def cancel_import(import_id: ImportInPath) -> ImportShown:
        """End it; what was done stays done."""
        return _done("cancelled", service().cancel(ImportId(import_id)))

    def _done(what: str, made: Import) -> ImportShown:
        _noted(what, made, api.staff.subject)
        return _looked_at(service(), made)


def _noted(what: str, made: Import, actor: str) -> None:
    count(f"Import{what.capitalize()}")
    record(f"import_{what}", {"import_id": made.import_id, "by": actor})


def _looked_at(service: ImportService, made: Import) -> ImportShown:
    return _shown(made, service.report_links(made), service.upload_link(made))


def _shown(made: Import, links: dict[str, list[str]], upload: str | None = None) -> ImportShown:
    return ImportShown(
        import_id=made.import_id,
        programme_id=made.programme_id,
        name=made.name,
        layout=made.source.layout,
        status=made.status.value,
        created_by=made.created_by,
        created_at=iso(made.created_at),
        finished_at=iso(made.finished_at) if made.finished_at else None,
        percent=_percent(made),
        why=made.why,
        check=_tally(made.checked, links.get("check", [])),
        run=_tally(made.ran, links.get("run", [])),
        upload=upload,
    )


def _percent(made: Import) -> int:
    if made.status in (ImportStatus.CHECKED, ImportStatus.DONE):
        return 100
    tally = made.ran if made.ran.position else made.checked
    return min(99, 100 * tally.position // made.size) if made.size else 0


def _tally(tally: Tally, links: list[str]) -> TallyShown:
    return TallyShown(
        rows=tally.rows,
        fates=dict(tally.fates),
        grades=dict(tally.grades),
        reasons=dict(tally.reasons),
        reports=links,
    )

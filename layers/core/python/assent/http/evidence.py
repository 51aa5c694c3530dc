"""Staff routes for the reviewer: consents, their history, texts and exports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.clock import Clock, iso, parse_iso
from assent.consent.model import PhoneKeys
from assent.errors import InputError
from assent.evidence.export import Export, ExportRequest, ExportService
from assent.evidence.history import ConsentAt, HistoryEntry, HistoryService, fold
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.idempotency import Once
from assent.http.parameters import (
    CursorInQuery,
    ExportInPath,
    IdempotencyKey,
    LimitInQuery,
    PhoneInQuery,
    ProgrammeInQuery,
)
from assent.http.resolver import Api
from assent.http.shapes_evidence import (
    ConsentPage,
    ConsentShown,
    EventShown,
    ExportPage,
    ExportShown,
    HistoryPage,
    MessagePage,
    MessageShown,
    NewExport,
)
from assent.identifiers import ExportId, ProgrammeId
from assent.messages.ledger import LedgerRow, MessageLedger
from assent.phone import PhoneNumber
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class EvidenceServices:
    """What the reviewer's routes need."""

    history: HistoryService
    ledger: MessageLedger
    exports: ExportService
    keys: PhoneKeys
    clock: Clock
    once: Once
    cursors: Cursors


def evidence_api(services: Callable[[], EvidenceServices]) -> Api:
    """Return the reviewer's routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True)
    _add_questions(api, services)
    _add_exports(api, services)
    return api.ready()


def _add_questions(api: Api, services: Callable[[], EvidenceServices]) -> None:
    @api.get("/v1/messages", tags=["Evidence"])
    def list_messages(
        phone: PhoneInQuery, limit: LimitInQuery = PAGE, cursor: CursorInQuery = None
    ) -> MessagePage:
        """Every text to one number with its fate, newest first."""
        known = services()
        key = known.keys.key_of(_phone(phone))
        query = f"messages {key}"
        before = known.cursors.read(query, cursor)
        rows, more = known.ledger.of_subscriber(key, limit=limit, before=before)
        return MessagePage(
            items=[_message(row) for row in rows], next_cursor=known.cursors.issue(query, more)
        )

    @api.get("/v1/consents", tags=["Evidence"])
    def read_consents(
        phone: PhoneInQuery,
        programme_id: ProgrammeInQuery = None,
        at: Annotated[
            str | None, Query(description="ISO 8601 with an offset; now if absent")
        ] = None,
    ) -> ConsentPage:
        """Whether a number had agreed at an instant: to one programme, or to each that its history
        names. A number never seen has no consent, which is an answer and not an error."""
        known = services()
        number = _phone(phone)
        instant = _instant(at) if at else known.clock.now()
        history = known.history.history(number)
        named = {e.event.programme_id for e in history if e.event.programme_id}
        wanted = [ProgrammeId(programme_id)] if programme_id else sorted(named)
        count("ConsentQueried")
        return ConsentPage(
            subscriber_key=known.keys.key_of(number),
            items=[_consent(fold(history, each, instant)) for each in wanted],
        )

    @api.get("/v1/consents/history", tags=["Evidence"])
    def read_consent_history(
        phone: PhoneInQuery, limit: LimitInQuery = PAGE, cursor: CursorInQuery = None
    ) -> HistoryPage:
        """Every consent event of one number with its evidence, oldest first."""
        known = services()
        number = _phone(phone)
        key = known.keys.key_of(number)
        query = f"history {key}"
        after = known.cursors.read(query, cursor)
        entries = known.history.history(number)
        page, more = page_of(entries, lambda e: str(e.event.seq), after, limit)
        return HistoryPage(
            subscriber_key=key,
            items=[_event(entry) for entry in page],
            next_cursor=known.cursors.issue(query, more),
        )


def _add_exports(api: Api, services: Callable[[], EvidenceServices]) -> None:
    @api.get("/v1/exports", tags=["Exports"])
    def list_exports(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ExportPage:
        """Exports, newest first."""
        known = services()
        after = known.cursors.read("exports", cursor)
        page, more = page_of(known.exports.exports(), lambda e: e.export_id, after, limit)
        return ExportPage(
            items=[_export(each) for each in page], next_cursor=known.cursors.issue("exports", more)
        )

    @api.post("/v1/exports", status_code=201, tags=["Exports"])
    def order_export(body: NewExport, idempotency_key: IdempotencyKey = None) -> ExportShown:
        """Order the consent log of a span as CSV; read the export until it is done."""
        known, actor = services(), api.staff.subject
        programme_id = ProgrammeId(body.programme_id) if body.programme_id else None

        def work() -> str:
            wanted = ExportRequest(body.since, body.until, actor, programme_id)
            made = known.exports.request(wanted)
            count("ExportRequested")
            record("export_requested", {"export_id": made.export_id, "by": actor})
            return _export(made).model_dump_json(by_alias=True)

        scope = f"exports {actor}"
        answer = known.once.run(scope, idempotency_key, body.model_dump_json(), work)
        return ExportShown.model_validate_json(answer)

    @api.get("/v1/exports/<export_id>", tags=["Exports"])
    def read_export(export_id: ExportInPath) -> ExportShown:
        """One export; when it is done, with a link to its file."""
        known = services()
        export = known.exports.export(ExportId(export_id))
        link = known.exports.link(export)
        if link:
            record("export_linked", {"export_id": export_id, "by": api.staff.subject})
        return _export(export, link)


def _phone(raw: str) -> PhoneNumber:
    """A plus sign that was not escaped arrives as a space."""
    return PhoneNumber.parse("+" + raw[1:] if raw[:1] == " " else raw)


def _instant(raw: str) -> datetime:
    """As with the number, an unescaped plus before the offset arrives as a space."""
    try:
        return parse_iso(raw.strip().replace(" ", "+"))
    except ValueError:
        message = "Write an instant such as 2026-11-23T09:05:00Z."
        raise InputError(message, field="at") from None


def _message(row: LedgerRow) -> MessageShown:
    return MessageShown(
        message_id=row.sent_id,
        sent_at=iso(row.claimed_at),
        purpose=row.purpose.value,
        outcome=row.outcome.value,
        reason=row.reason,
        campaign_id=row.campaign_id,
        programme_id=row.programme_id,
        body=row.body,
        parts=row.parts,
        provider_message_id=row.provider_message_id,
    )


def _event(entry: HistoryEntry) -> EventShown:
    facts: dict[str, Any] = entry.event.as_facts()
    evidence = None if entry.evidence is None else dict(entry.evidence.facts)
    return EventShown(
        **{name: facts[name] for name in EventShown.model_fields if name in facts},
        evidence=evidence,
        hash=entry.event.hash,
        is_intact=entry.is_intact,
    )


def _consent(found: ConsentAt) -> ConsentShown:
    return ConsentShown(
        programme_id=found.programme_id,
        at=iso(found.instant),
        status=found.status.value,
        held=found.held,
        may_be_texted=found.may_be_texted,
        decided_by=_event(found.decided_by) if found.decided_by else None,
    )


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

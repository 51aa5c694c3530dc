"""Staff routes for the reviewer: consents, their history and texts; exports and audit beside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.campaigns.past_service import PastDecisions
from assent.clock import Clock, iso
from assent.consent.model import PhoneKeys
from assent.evidence.export import ExportService
from assent.evidence.history import (
    AsOf,
    ConsentAt,
    HistoryEntry,
    HistoryService,
    brand_at,
    fold,
)
from assent.evidence.staff_audit import StaffAudit
from assent.http.audit import add_audit
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.decisions import add_decisions
from assent.http.dossiers import add_dossiers
from assent.http.exports import add_exports
from assent.http.idempotency import Once
from assent.http.parameters import (
    CursorInQuery,
    LimitInQuery,
    PhoneInQuery,
    ProgrammeInQuery,
    instant_in,
    phone_in,
)
from assent.http.resolver import Api
from assent.http.shapes_decisions import rules_of
from assent.http.shapes_evidence import (
    ConsentPage,
    ConsentShown,
    EventShown,
    HistoryPage,
    MessagePage,
    MessageShown,
)
from assent.identifiers import ProgrammeId
from assent.messages.ledger import LedgerRow, MessageLedger
from assent.telemetry import count


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
    audit: StaffAudit
    decisions: PastDecisions


def evidence_api(services: Callable[[], EvidenceServices]) -> Api:
    """Return the reviewer's routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)
    _add_messages(api, services)
    _add_consents(api, services)
    _add_history(api, services)
    add_exports(
        api,
        lambda: services().exports,
        lambda: services().once,
        lambda: services().cursors,
        lambda: services().keys,
    )
    add_decisions(api, lambda: services().decisions, lambda: services().keys)
    add_dossiers(
        api, lambda: services().exports, lambda: services().once, lambda: services().history
    )
    add_audit(api, lambda: services().audit, lambda: services().keys, lambda: services().cursors)
    return api.ready()


def _add_messages(api: Api, services: Callable[[], EvidenceServices]) -> None:
    @api.get("/v1/messages", tags=["Evidence"])
    def list_messages(
        phone: PhoneInQuery, limit: LimitInQuery = PAGE, cursor: CursorInQuery = None
    ) -> MessagePage:
        """Every text to one number with its fate, newest first."""
        known = services()
        key = known.keys.key_of(phone_in(phone))
        api.concerns(key)
        query = f"messages {key}"
        before = known.cursors.read(query, cursor)
        rows, more = known.ledger.of_subscriber(key, limit=limit, before=before)
        return MessagePage(
            items=[_message(row) for row in rows], next_cursor=known.cursors.issue(query, more)
        )


def _add_consents(api: Api, services: Callable[[], EvidenceServices]) -> None:
    @api.get("/v1/consents", tags=["Evidence"])
    def read_consents(
        phone: PhoneInQuery,
        programme_id: ProgrammeInQuery = None,
        at: Annotated[
            str | None,
            Query(description="ISO 8601 with an offset, not in the future; now if absent"),
        ] = None,
        as_known: Annotated[
            bool,
            Query(
                description="False: what was true then, each act counted from when it was done. "
                "True: what this service knew then, from what it had recorded; a text that the "
                "carrier delivered late counts from its arrival"
            ),
        ] = False,
    ) -> ConsentPage:
        """Whether a number had agreed at an instant: to one programme, or to each that its history
        names, with the events that decide it. A number never seen has no consent, which is an
        answer and not an error."""
        known = services()
        number = phone_in(phone)
        key = known.keys.key_of(number)
        api.concerns(key)
        as_of = AsOf(_instant(at, known.clock.now()), as_known)
        history = known.history.history(number)
        named = {e.event.programme_id for e in history if e.event.programme_id}
        wanted = [ProgrammeId(programme_id)] if programme_id else sorted(named)
        count("ConsentQueried")
        brand = brand_at(history, as_of)
        return ConsentPage(
            subscriber_key=key,
            at=iso(as_of.instant),
            as_known=as_known,
            stopped=brand.stopped,
            held=brand.held,
            items=[_consent(fold(history, each, as_of)) for each in wanted],
        )


def _add_history(api: Api, services: Callable[[], EvidenceServices]) -> None:
    @api.get("/v1/consents/history", tags=["Evidence"])
    def read_consent_history(
        phone: PhoneInQuery, limit: LimitInQuery = PAGE, cursor: CursorInQuery = None
    ) -> HistoryPage:
        """Every consent event of one number with its evidence, oldest first."""
        known = services()
        number = phone_in(phone)
        key = known.keys.key_of(number)
        api.concerns(key)
        query = f"history {key}"
        after = known.cursors.read(query, cursor)
        entries = known.history.history(number)
        page, more = page_of(entries, lambda e: str(e.event.seq), after, limit)
        return HistoryPage(
            subscriber_key=key,
            items=[_event(entry) for entry in page],
            next_cursor=known.cursors.issue(query, more),
        )


def _instant(raw: str | None, now: datetime) -> datetime:
    if raw is None:
        return now
    return instant_in(
        raw, now, "Nobody knows what will be agreed to: ask for an instant in the past."
    )


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
        decision=rules_of(row.decision),
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
        stopped=found.stopped,
        held=found.held,
        may_be_texted=found.may_be_texted,
        decided_by=_event(found.decided_by) if found.decided_by else None,
        events=[_event(each) for each in found.events],
    )

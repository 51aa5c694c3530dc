"""The staff route to the staff's own doings: who looked at or changed whom and what."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.clock import iso
from assent.consent.model import PhoneKeys
from assent.errors import InputError
from assent.evidence.staff_audit import CheckedEntry, Question, StaffAudit
from assent.http.cursors import PAGE, Cursors
from assent.http.parameters import CursorInQuery, LimitInQuery, phone_in
from assent.http.resolver import Api
from assent.http.shapes_audit import AuditEntryShown, AuditPage
from assent.identifiers import SubscriberKey

SubjectInQuery = Annotated[
    str | None, Query(max_length=64, description="In E.164, its plus sign written as `%2B`")
]
ActorInQuery = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")]
DayInQuery = Annotated[
    str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A UTC day, `2026-11-23`")
]


def add_audit(
    api: Api,
    audit: Callable[[], StaffAudit],
    keys: Callable[[], PhoneKeys],
    cursors: Callable[[], Cursors],
) -> None:
    """Register the route."""

    @api.get("/v1/audit", tags=["Audit"])
    def read_audit(
        subject_phone: SubjectInQuery = None,
        actor: ActorInQuery = None,
        day: DayInQuery = None,
        limit: LimitInQuery = PAGE,
        cursor: CursorInQuery = None,
    ) -> AuditPage:
        """What staff did, newest first: concerning one number, by one person, or on one day; ask
        for exactly one of these. This question is entered too."""
        key = keys().key_of(phone_in(subject_phone)) if subject_phone is not None else None
        if key is not None:
            api.concerns(key)
        question = _question(key, actor, day)
        query = f"audit {key} {actor} {day}"
        before = cursors().read(query, cursor)
        found, more = audit().page(question, before=before, limit=limit)
        return AuditPage(
            items=[_shown(each) for each in found], next_cursor=cursors().issue(query, more)
        )


def _question(key: SubscriberKey | None, actor: str | None, day: str | None) -> Question:
    if [key, actor, day].count(None) != 2:  # noqa: PLR2004 - exactly one of three is asked for
        message = "Ask by subject_phone, by actor or by day, and by one of them only."
        raise InputError(message)
    try:
        return Question(key, actor, date.fromisoformat(day) if day is not None else None)
    except ValueError:
        message = "There is no such day."
        raise InputError(message, field="day") from None


def _shown(found: CheckedEntry) -> AuditEntryShown:
    entry, deed = found.entry, found.entry.deed
    return AuditEntryShown(
        at=iso(entry.at),
        actor=deed.actor,
        groups=list(deed.groups),
        action=deed.action.value,
        outcome=deed.outcome.value,
        route=deed.route,
        request_id=deed.request_id,
        about=deed.about,
        subscriber_key=deed.subscriber_key,
        shard=entry.shard,
        seq=entry.seq,
        previous_hash=entry.previous_hash,
        hash=entry.hash,
        is_intact=found.is_intact,
    )

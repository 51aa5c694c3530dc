"""What each staff route is entered as in the audit, and the entering: once, at the edge.

A route that is not in the table is closed, as with the groups. A read is entered when its answer is
ready and before it leaves; a change is entered before it is made, and again with how it ended. If
an entry cannot be written, nothing leaves: the caller hears 503.
"""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import PurePath
from typing import TYPE_CHECKING

from assent.errors import ForbiddenError, TryAgainError
from assent.evidence.staff_audit import AuditAction, AuditOutcome, Deed
from assent.telemetry import count, logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.evidence.staff_audit import StaffAudit
    from assent.http.staff import Staff
    from assent.identifiers import SubscriberKey


class Concerns(StrEnum):
    """Whose data a route's good answer shows or changes: that of exactly one person, which the
    route must then name; of any number; or of nobody."""

    PERSON = "person"
    PEOPLE = "people"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Audited:
    """How a route is entered."""

    action: AuditAction
    concerns: Concerns = Concerns.NOBODY


AUDITED: Mapping[str, Audited] = {
    "GET /v1/programmes": Audited(AuditAction.PROGRAMMES_READ),
    "POST /v1/programmes": Audited(AuditAction.PROGRAMME_CREATED),
    "PUT /v1/programmes/{programme_id}": Audited(AuditAction.PROGRAMME_CHANGED),
    "POST /v1/programmes/{programme_id}/disclosures": Audited(AuditAction.DISCLOSURE_PUBLISHED),
    "GET /v1/segments": Audited(AuditAction.SEGMENTS_READ),
    "POST /v1/segments": Audited(AuditAction.SEGMENT_CREATED),
    "GET /v1/segments/{segment_id}": Audited(AuditAction.SEGMENT_READ),
    "PUT /v1/segments/{segment_id}": Audited(AuditAction.SEGMENT_CHANGED),
    "GET /v1/segments/{segment_id}/count": Audited(AuditAction.SEGMENT_COUNTED),
    "GET /v1/segments/{segment_id}/sample": Audited(AuditAction.SEGMENT_SAMPLED, Concerns.PEOPLE),
    "GET /v1/templates": Audited(AuditAction.TEMPLATES_READ),
    "POST /v1/templates": Audited(AuditAction.TEMPLATE_CREATED),
    "GET /v1/templates/{template_id}": Audited(AuditAction.TEMPLATE_READ),
    "POST /v1/templates/{template_id}/versions": Audited(AuditAction.TEMPLATE_CHANGED),
    # Of one person, or of nobody where the data is made up.
    "POST /v1/templates/preview": Audited(AuditAction.TEMPLATE_PREVIEWED, Concerns.PEOPLE),
    "GET /v1/campaigns": Audited(AuditAction.CAMPAIGNS_READ),
    "POST /v1/campaigns": Audited(AuditAction.CAMPAIGN_DRAFTED),
    "GET /v1/campaigns/{campaign_id}": Audited(AuditAction.CAMPAIGN_READ),
    "PUT /v1/campaigns/{campaign_id}": Audited(AuditAction.CAMPAIGN_CHANGED),
    "POST /v1/campaigns/stop-all": Audited(AuditAction.ALL_STOPPED),
    "POST /v1/campaigns/stop-all/release": Audited(AuditAction.ALL_RELEASED),
    "GET /v1/campaigns/{campaign_id}/progress": Audited(AuditAction.CAMPAIGN_PROGRESS_READ),
    "GET /v1/campaigns/{campaign_id}/rehearsal": Audited(AuditAction.REHEARSAL_READ),
    "POST /v1/campaigns/{campaign_id}/rehearsal": Audited(AuditAction.CAMPAIGN_REHEARSED),
    "POST /v1/campaigns/{campaign_id}/approve": Audited(AuditAction.CAMPAIGN_APPROVED),
    "POST /v1/campaigns/{campaign_id}/launch": Audited(AuditAction.CAMPAIGN_LAUNCHED),
    "POST /v1/campaigns/{campaign_id}/pause": Audited(AuditAction.CAMPAIGN_PAUSED),
    "POST /v1/campaigns/{campaign_id}/resume": Audited(AuditAction.CAMPAIGN_RESUMED),
    "POST /v1/campaigns/{campaign_id}/cancel": Audited(AuditAction.CAMPAIGN_CANCELLED),
    "GET /v1/flows": Audited(AuditAction.FLOWS_READ),
    "POST /v1/flows": Audited(AuditAction.FLOW_DRAFTED),
    "GET /v1/flows/{flow_id}": Audited(AuditAction.FLOW_READ),
    "PUT /v1/flows/{flow_id}": Audited(AuditAction.FLOW_CHANGED),
    "GET /v1/flows/{flow_id}/check": Audited(AuditAction.FLOW_CHECKED),
    "POST /v1/flows/{flow_id}/activate": Audited(AuditAction.FLOW_ACTIVATED),
    "POST /v1/flows/{flow_id}/pause": Audited(AuditAction.FLOW_PAUSED),
    "POST /v1/flows/{flow_id}/end": Audited(AuditAction.FLOW_ENDED),
    "GET /v1/inbox": Audited(AuditAction.INBOX_READ, Concerns.PEOPLE),
    # The sender of a text may be no phone, hence nobody's.
    "POST /v1/inbox/{item_id}/decision": Audited(AuditAction.INBOX_DECIDED, Concerns.PEOPLE),
    "GET /v1/messages": Audited(AuditAction.MESSAGES_READ, Concerns.PERSON),
    "GET /v1/consents": Audited(AuditAction.CONSENTS_READ, Concerns.PERSON),
    "GET /v1/consents/history": Audited(AuditAction.HISTORY_READ, Concerns.PERSON),
    "GET /v1/decisions": Audited(AuditAction.DECISION_READ, Concerns.PERSON),
    "POST /v1/dossiers": Audited(AuditAction.DOSSIER_REQUESTED, Concerns.PERSON),
    "GET /v1/programmes/{programme_id}/registration-pack": Audited(AuditAction.PACK_READ),
    "POST /v1/staff/opt-ins": Audited(AuditAction.OPT_IN_ENTERED, Concerns.PERSON),
    "POST /v1/erasures": Audited(AuditAction.PERSON_ERASED, Concerns.PERSON),
    "PUT /v1/subscribers/attributes": Audited(AuditAction.ATTRIBUTES_SET, Concerns.PEOPLE),
    "POST /v1/behaviour-events": Audited(AuditAction.BEHAVIOUR_RECORDED, Concerns.PEOPLE),
    # An export concerns everybody in its span: ask for it by day, not by person.
    "GET /v1/exports": Audited(AuditAction.EXPORTS_READ),
    "POST /v1/exports": Audited(AuditAction.EXPORT_REQUESTED),
    "GET /v1/exports/{export_id}": Audited(AuditAction.EXPORT_READ),
    "POST /v1/exports/{export_id}/cancel": Audited(AuditAction.EXPORT_CANCELLED),
    "POST /v1/exports/{export_id}/resume": Audited(AuditAction.EXPORT_RESUMED),
    "GET /v1/imports": Audited(AuditAction.IMPORTS_READ),
    "POST /v1/imports": Audited(AuditAction.IMPORT_OPENED),
    "GET /v1/imports/{import_id}": Audited(AuditAction.IMPORT_READ),
    "POST /v1/imports/{import_id}/check": Audited(AuditAction.IMPORT_CHECKED),
    "POST /v1/imports/{import_id}/start": Audited(AuditAction.IMPORT_STARTED),
    "POST /v1/imports/{import_id}/cancel": Audited(AuditAction.IMPORT_CANCELLED),
    "POST /v1/access-requests": Audited(AuditAction.ACCESS_ANSWERED, Concerns.PERSON),
    "POST /v1/restrictions": Audited(AuditAction.RESTRICTION_CHANGED, Concerns.PERSON),
    "POST /v1/legal-holds": Audited(AuditAction.LEGAL_HOLD_CHANGED, Concerns.PERSON),
    "GET /v1/retention": Audited(AuditAction.RETENTION_READ),
    "GET /v1/reviews": Audited(AuditAction.REVIEWS_READ),
    # It lists events without complete proof, by keyed hash.
    "GET /v1/reviews/{review_id}": Audited(AuditAction.REVIEW_READ, Concerns.PEOPLE),
    "GET /v1/audit": Audited(AuditAction.AUDIT_READ, Concerns.PEOPLE),
}


# Ids of things have a letter in them: digits alone may be somebody's number in the wrong place.
_THING = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(slots=True)
class Notes:
    """What is said of a request while it is answered."""

    subscriber_keys: tuple[SubscriberKey, ...] = ()
    about: str | None = None
    action: AuditAction | None = None


def named_in_path(arguments: Mapping[str, str]) -> str | None:
    """Return the id of what a path names, None where it names nothing that can be one."""
    named = next(iter(arguments.values()), "")
    return named if _THING.fullmatch(named) else None


@dataclass(frozen=True, slots=True)
class Entering:
    """Enters one request. `key` is the route's name in the tables."""

    audit: Callable[[], StaffAudit]
    key: str
    staff: Staff
    request_id: str
    notes: Notes

    @property
    def declared(self) -> Audited:
        """Raises ForbiddenError for a route that is not in the table."""
        if self.key not in AUDITED:
            message = "This operation is not open."
            raise ForbiddenError(message)
        return AUDITED[self.key]

    def before(self) -> None:
        """Enter a change before it is made; a read has nothing to enter yet.

        Raises ForbiddenError for a route that is not in the table.
        """
        begun = self._deed(AuditOutcome.BEGUN)
        if not self.key.startswith("GET "):
            self._enter([begun])

    def forbidden(self) -> None:
        """Enter that somebody tried what their group may not do."""
        self._enter([self._deed(AuditOutcome.FORBIDDEN)])

    def after(self, status: int) -> None:
        """Enter how the request ended, once for each person concerned."""
        outcome = outcome_of(status)
        if outcome is AuditOutcome.DONE:
            self._check()
        people = self.notes.subscriber_keys or (None,)
        self._enter([self._deed(outcome, person) for person in people])

    def _check(self) -> None:
        named, concerns = len(self.notes.subscriber_keys), self.declared.concerns
        is_right = {
            Concerns.PERSON: named == 1,
            Concerns.PEOPLE: True,
            Concerns.NOBODY: named == 0,
        }
        if not is_right[concerns]:
            message = f"{self.key} concerns {concerns.value} and named {named}"
            raise RuntimeError(message)

    def _deed(self, outcome: AuditOutcome, person: SubscriberKey | None = None) -> Deed:
        return Deed(
            # An index takes no empty text; the gateway lets nobody in without a subject.
            actor=self.staff.subject or "unknown",
            groups=tuple(sorted(self.staff.groups)),
            action=self.notes.action or self.declared.action,
            outcome=outcome,
            route=self.key,
            request_id=self.request_id,
            about=self.notes.about,
            subscriber_key=person,
        )

    def _enter(self, deeds: list[Deed]) -> None:
        try:
            self.audit().record(deeds)
        except Exception as error:
            count("StaffAuditFailed")
            places = [
                f"{PurePath(frame.filename).name}:{frame.lineno}"
                for frame in traceback.extract_tb(error.__traceback__)[-4:]
            ]
            logger().error(
                "staff_audit_failed", extra={"error": type(error).__name__, "places": places}
            )
            message = "The audit log could not be written, so nothing is answered. Try again."
            raise TryAgainError(message) from error


def outcome_of(status: int) -> AuditOutcome:
    """Return how a request ended by its HTTP status."""
    if status < HTTPStatus.BAD_REQUEST:
        return AuditOutcome.DONE
    if status == HTTPStatus.FORBIDDEN:
        return AuditOutcome.FORBIDDEN
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return AuditOutcome.FAILED if is_ours else AuditOutcome.REFUSED

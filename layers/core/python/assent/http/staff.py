"""Who of the staff may do what: one table, read by people and by the resolver.

A route that is not in the table is closed, so a forgotten line locks a door.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Group(StrEnum):
    """The Cognito groups; `systems` are machines. Others in a token mean nothing here."""

    MARKETING = "marketing"
    COMPLIANCE = "compliance"
    SYSTEMS = "systems"


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in person: the pool's stable id and their groups."""

    subject: str
    groups: frozenset[Group]


_MARKETING = frozenset({Group.MARKETING})
_COMPLIANCE = frozenset({Group.COMPLIANCE})
_BOTH = _MARKETING | _COMPLIANCE
_REPORTERS = _MARKETING | {Group.SYSTEMS}

# Marketing acts, compliance reads everything; evidence about a person is for compliance alone.
PERMITTED: Mapping[str, frozenset[Group]] = {
    "GET /v1/programmes": _BOTH,
    "POST /v1/programmes": _MARKETING,
    "PUT /v1/programmes/{programme_id}": _MARKETING,
    "POST /v1/programmes/{programme_id}/disclosures": _MARKETING,
    "GET /v1/segments": _BOTH,
    "POST /v1/segments": _MARKETING,
    "GET /v1/segments/{segment_id}": _BOTH,
    "PUT /v1/segments/{segment_id}": _MARKETING,
    "GET /v1/segments/{segment_id}/count": _BOTH,
    "GET /v1/segments/{segment_id}/sample": _BOTH,
    "GET /v1/templates": _BOTH,
    "POST /v1/templates": _MARKETING,
    "GET /v1/templates/{template_id}": _BOTH,
    "POST /v1/templates/{template_id}/versions": _MARKETING,
    "POST /v1/templates/preview": _MARKETING,
    "GET /v1/campaigns": _BOTH,
    "POST /v1/campaigns": _MARKETING,
    "GET /v1/campaigns/{campaign_id}": _BOTH,
    "PUT /v1/campaigns/{campaign_id}": _MARKETING,
    "POST /v1/campaigns/stop-all": _BOTH,
    "POST /v1/campaigns/stop-all/release": _MARKETING,
    "GET /v1/campaigns/{campaign_id}/progress": _BOTH,
    "GET /v1/campaigns/{campaign_id}/rehearsal": _BOTH,
    "POST /v1/campaigns/{campaign_id}/rehearsal": _MARKETING,
    "POST /v1/campaigns/{campaign_id}/approve": _BOTH,
    "POST /v1/campaigns/{campaign_id}/launch": _MARKETING,
    "POST /v1/campaigns/{campaign_id}/pause": _MARKETING,
    "POST /v1/campaigns/{campaign_id}/resume": _MARKETING,
    "POST /v1/campaigns/{campaign_id}/cancel": _MARKETING,
    "GET /v1/flows": _BOTH,
    "POST /v1/flows": _MARKETING,
    "GET /v1/flows/{flow_id}": _BOTH,
    "PUT /v1/flows/{flow_id}": _MARKETING,
    "GET /v1/flows/{flow_id}/check": _BOTH,
    "POST /v1/flows/{flow_id}/activate": _MARKETING,
    "POST /v1/flows/{flow_id}/pause": _MARKETING,
    "POST /v1/flows/{flow_id}/end": _MARKETING,
    "GET /v1/inbox": _BOTH,
    "POST /v1/inbox/{item_id}/decision": _MARKETING,
    "GET /v1/messages": _BOTH,
    "GET /v1/consents": _COMPLIANCE,
    "GET /v1/consents/history": _COMPLIANCE,
    "GET /v1/decisions": _COMPLIANCE,
    "POST /v1/dossiers": _COMPLIANCE,
    "GET /v1/programmes/{programme_id}/registration-pack": _BOTH,
    "POST /v1/staff/opt-ins": _MARKETING,
    "POST /v1/erasures": _COMPLIANCE,
    "GET /v1/exports": _COMPLIANCE,
    "POST /v1/exports": _COMPLIANCE,
    "GET /v1/exports/{export_id}": _COMPLIANCE,
    "POST /v1/exports/{export_id}/cancel": _COMPLIANCE,
    "POST /v1/exports/{export_id}/resume": _COMPLIANCE,
    "PUT /v1/subscribers/attributes": _REPORTERS,
    "POST /v1/behaviour-events": _REPORTERS,
    "GET /v1/imports": _BOTH,
    "POST /v1/imports": _BOTH,
    "GET /v1/imports/{import_id}": _BOTH,
    "POST /v1/imports/{import_id}/check": _BOTH,
    "POST /v1/imports/{import_id}/start": _COMPLIANCE,
    "POST /v1/imports/{import_id}/cancel": _BOTH,
    "POST /v1/access-requests": _COMPLIANCE,
    "POST /v1/restrictions": _COMPLIANCE,
    "POST /v1/legal-holds": _COMPLIANCE,
    "GET /v1/retention": _COMPLIANCE,
    "GET /v1/reviews": _COMPLIANCE,
    "GET /v1/reviews/{review_id}": _COMPLIANCE,
    "GET /v1/audit": _COMPLIANCE,
}


def staff_of(event: Mapping[str, Any]) -> Staff:
    """Return the caller that the gateway's JWT authorizer verified; nobody has no groups."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    return Staff(str(claims.get("sub") or ""), _groups(claims.get("cognito:groups")))


def _groups(claim: object) -> frozenset[Group]:
    """The gateway flattens the claim's list to `[marketing compliance]`."""
    names = claim.strip("[]").replace(",", " ").split() if isinstance(claim, str) else claim
    if not isinstance(names, list):
        return frozenset()
    return frozenset(Group(name) for name in names if name in set(Group))

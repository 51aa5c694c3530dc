"""The rules of consent as pure decisions, each with its reason.

Nothing here reads or writes: the service carries a decision out and stores its reason as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.consent.model import ConsentStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.consent.model import Claim, OpenRequest, Standing
    from assent.consent.timeline import Projection
    from assent.identifiers import CampaignId, ProgrammeId

PENDING_FOR = timedelta(hours=72)
RESEND_AFTER = timedelta(minutes=10)
TEXTS_COUNTED_OVER = timedelta(days=30)
MAX_UNANSWERED_TEXTS = 3
CODE_ATTEMPTS = 5
# A text claimed before an opt-out may still be on its way to the carrier for this long.
IN_FLIGHT_FOR = timedelta(seconds=60)
# How far the carrier's clock and ours may be apart; NTP keeps both within a fraction of it.
SKEW_ACCEPTED = timedelta(minutes=5)
# SQS keeps a message for 14 days at most: an older carrier time cannot be true.
OLDEST_BELIEVABLE = timedelta(days=15)


class RequestReason(StrEnum):
    """Why a sign-up is, or is not, answered by a confirmation text. Stored in the event."""

    NEW = "new"
    ASKED_AGAIN = "asked_again"
    OPTED_OUT = "opted_out"
    ALREADY_CONFIRMED = "already_confirmed"
    JUST_TEXTED = "just_texted"
    TOO_MANY_UNANSWERED = "too_many_unanswered"
    COUNTRY_NOT_SERVED = "country_not_served"
    LIMIT_MET = "limit_met"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class RequestDecision:
    """Whether to send the confirmation text, and why. `limit` names the limit that was met."""

    send_confirmation: bool
    reason: RequestReason
    limit: str | None = None


def decide_request(
    standing: Standing | None,
    programme_id: ProgrammeId,
    requests: Sequence[OpenRequest],
    now: datetime,
    *,
    is_country_served: bool,
) -> RequestDecision:
    """Decide on a sign-up. `requests` are the number's last ones to any programme of the brand."""
    refusal = _refusal(standing, programme_id, is_country_served=is_country_served)
    if refusal is not None:
        return RequestDecision(send_confirmation=False, reason=refusal)
    own = [at for each in requests if each.programme_id == programme_id for at in each.texted_at]
    if any(now - at < RESEND_AFTER for at in own):
        return RequestDecision(send_confirmation=False, reason=RequestReason.JUST_TEXTED)
    if sum(len(unanswered_texts(each, now)) for each in requests) >= MAX_UNANSWERED_TEXTS:
        return RequestDecision(send_confirmation=False, reason=RequestReason.TOO_MANY_UNANSWERED)
    is_new = standing is None or standing.consent_to(programme_id) is None
    reason = RequestReason.NEW if is_new else RequestReason.ASKED_AGAIN
    return RequestDecision(send_confirmation=True, reason=reason)


def _refusal(
    standing: Standing | None, programme_id: ProgrammeId, *, is_country_served: bool
) -> RequestReason | None:
    if standing is not None and standing.stopped_at is not None:
        return RequestReason.OPTED_OUT
    if standing is not None and standing.restricted_at is not None:
        return RequestReason.RESTRICTED
    if standing is not None and standing.status_of(programme_id) is ConsentStatus.CONFIRMED:
        return RequestReason.ALREADY_CONFIRMED
    return None if is_country_served else RequestReason.COUNTRY_NOT_SERVED


def unanswered_texts(request: OpenRequest, now: datetime) -> tuple[datetime, ...]:
    """Return when this request's confirmation texts of the last 30 days were sent."""
    return tuple(at for at in request.texted_at if now - at < TEXTS_COUNTED_OVER)


class ConfirmReason(StrEnum):
    """Why a code or a button confirms, or does not."""

    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    NOTHING_OPEN = "nothing_open"
    OPTED_OUT = "opted_out"


def decide_confirm(
    standing: Standing | None, request: OpenRequest | None, programme_id: ProgrammeId, at: datetime
) -> ConfirmReason:
    """Decide on a code or a pressed button: it is bound to the open request and its epoch."""
    consent = standing.consent_to(programme_id) if standing else None
    if standing is None or consent is None:
        return ConfirmReason.NOTHING_OPEN
    if standing.stopped_at is not None:
        return ConfirmReason.OPTED_OUT
    if consent.status is ConsentStatus.CONFIRMED:
        return ConfirmReason.ALREADY_CONFIRMED
    is_open = (
        request is not None
        and request.is_open
        and consent.status is ConsentStatus.PENDING
        and request.epoch == consent.epoch
        and at < request.expires_at
    )
    return ConfirmReason.CONFIRMED if is_open else ConfirmReason.NOTHING_OPEN


class OptInReason(StrEnum):
    """What a START or a YES from the phone came to."""

    RESTARTED = "restarted"
    CONFIRMED = "confirmed"
    RECONFIRMED = "reconfirmed"
    ALREADY_ACTIVE = "already_active"
    OLDER_THAN_OPT_OUT = "older_than_opt_out"
    NOTHING_OPEN = "nothing_open"


def decide_opt_in(before: Projection, after: Projection, *, is_start: bool) -> OptInReason:
    """Name what an opt-in keyword changed. `after` counts it at its own place in time."""
    if after.stopped_at is not None:
        return OptInReason.OLDER_THAN_OPT_OUT
    if before.stopped_at is not None:
        return OptInReason.RESTARTED
    if set(after.confirmed()) - set(before.confirmed()):
        return OptInReason.CONFIRMED
    if after.gained(before):
        return OptInReason.RECONFIRMED
    return OptInReason.ALREADY_ACTIVE if is_start else OptInReason.NOTHING_OPEN


def in_flight(standing: Standing | None, now: datetime) -> tuple[CampaignId, ...]:
    """Return the campaigns whose claim is so young that its text may still go out, sorted."""
    claims: Sequence[Claim] = tuple(standing.claims.values()) if standing else ()
    return tuple(sorted(each.campaign_id for each in claims if now - each.at < IN_FLIGHT_FOR))


def believable(at: datetime, now: datetime, *, is_opt_out: bool) -> datetime:
    """Return the time at which a keyword counts, from the carrier's stamp and our time of arrival.

    Clocks differ by a little (SKEW_ACCEPTED). An opt-out stamped ahead of ours keeps its stamp, so
    that an opt-in texted before it and arriving after it stays before it; an opt-in counts when it
    arrived at the latest, which is as late as it can have been texted. Where the two clocks leave
    open which was first, the opt-out therefore wins. A stamp farther ahead is no time at all: an
    opt-out counts as late as a clock may be, an opt-in as too old to revive anything. An opt-out
    stamped absurdly long ago counts as of now, so that it acts.
    """
    if at > now + SKEW_ACCEPTED:
        return now + SKEW_ACCEPTED if is_opt_out else now - OLDEST_BELIEVABLE
    if is_opt_out:
        return now if now - at > OLDEST_BELIEVABLE else at
    return min(at, now)

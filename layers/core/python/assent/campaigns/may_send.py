"""May this campaign text this person now? A pure function of what was read, with its reason.

The claim's condition repeats what may change after the reading (consent, stop, hold, pause,
claims), so a decision made here is either still true when the claim is written, or the claim is
refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.campaigns.model import CLAIM_MEMORY, QuietHours
from assent.campaigns.trace import Check, Rule
from assent.clock import iso
from assent.consent.model import ConsentStatus
from assent.law.caps import rolling_caps
from assent.law.windows import next_legal_instant, rules_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import Campaign
    from assent.campaigns.trace import Input
    from assent.consent.model import Standing
    from assent.identifiers import CampaignId
    from assent.law.zones import Whereabouts

# The disclosure promises a number of texts per month; the strictest reading of "month" that does
# not depend on the calendar is any 30 days in a row.
PROMISE_DAYS = 30
# Nobody is texted in the last minute of their hours: between decision and carrier lie up to two
# seconds, and this clock may be slow. Before the opening there is no such grace.
CLOSING_MARGIN = timedelta(minutes=1)


class Verdict(StrEnum):
    MAY = "may"
    LATER = "later"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is a stable code; `trace` has every rule that was asked, in order, up to the one
    that decided. `at` is the instant to try again when the verdict is `later`."""

    verdict: Verdict
    reason: str
    trace: tuple[Check, ...]
    at: datetime | None = None


def may_send(
    subscriber: Subscriber, campaign: Campaign, now: datetime, whereabouts: Whereabouts
) -> Decision:
    """Decide for one person. Raises IllegalTransitionError for a campaign never launched."""
    objection = consent_objection(subscriber.standing, campaign)
    trace = _consent_checks(subscriber.standing, campaign, objection)
    reason = (
        objection
        or _pause_objection(subscriber.standing, now, trace)
        or _promise_objection(subscriber, campaign, now, trace)
        or _cap_objection(subscriber.standing, now, whereabouts, trace)
    )
    if reason:
        return Decision(Verdict.NO, reason, tuple(trace))
    return _in_window(campaign, now, whereabouts, trace)


def consent_objection(standing: Standing, campaign: Campaign) -> str | None:
    """Return why consent as it stands forbids any text of this campaign, None if it does not."""
    if campaign.campaign_id in standing.claims:
        # Before all else: whoever was claimed may have been texted, and a STOP after it does not
        # make them somebody who was not.
        return "already_claimed"
    if standing.stopped_at is not None or standing.restricted_at is not None:
        return "restricted" if standing.stopped_at is None else "stopped"
    status = standing.status_of(campaign.definition.programme_id)
    if status is not ConsentStatus.CONFIRMED:
        return "withdrawn" if status is ConsentStatus.WITHDRAWN else "not_confirmed"
    if standing.hold is not None:
        return "held"
    if standing.phone is None:
        return "no_phone"
    return None


def forgettable(standing: Standing, now: datetime) -> tuple[CampaignId, ...]:
    """Return the campaigns whose claims are too old to matter to any cap or to any second run."""
    horizon = now - CLAIM_MEMORY
    return tuple(
        campaign_id for campaign_id, claim in standing.claims.items() if claim.at < horizon
    )


_CONSENT_RULES = (
    (Rule.CLAIM, frozenset({"already_claimed"})),
    (Rule.STOP, frozenset({"stopped"})),
    (Rule.RESTRICTION, frozenset({"restricted"})),
    (Rule.CONSENT, frozenset({"withdrawn", "not_confirmed"})),
    (Rule.HOLD, frozenset({"held"})),
    (Rule.PHONE, frozenset({"no_phone"})),
)


def _consent_checks(standing: Standing, campaign: Campaign, objection: str | None) -> list[Check]:
    """Tell what `consent_objection` looked at. It is asked of every subscriber in planning, where
    nobody reads this."""
    consent = standing.consent_to(campaign.definition.programme_id)
    stop, hold = standing.stopped_at, standing.hold
    values: Mapping[Rule, tuple[Input, ...]] = {
        Rule.STOP: (iso(stop),) if stop else (),
        Rule.CONSENT: (
            consent.status.value if consent else ConsentStatus.NONE.value,
            consent.epoch if consent else 0,
            standing.seq,
        ),
        Rule.HOLD: (iso(hold.at),) if hold else (),
    }
    trace: list[Check] = []
    for rule, objections in _CONSENT_RULES:
        trace.append(Check(rule, objection not in objections, values.get(rule, ())))
        if objection in objections:
            break
    return trace


def _pause_objection(standing: Standing, now: datetime, trace: list[Check]) -> str | None:
    """A pause ends by itself, so it is no matter of consent; planning lets it be, since the text
    may be due after its end."""
    until = standing.paused_until
    passed = until is None or until <= now
    trace.append(Check(Rule.PAUSE, passed, (iso(until),) if until else ()))
    return None if passed else "paused"


def _promise_objection(
    subscriber: Subscriber, campaign: Campaign, now: datetime, trace: list[Check]
) -> str | None:
    """The programme's promise counts this programme's texts; the person may have chosen fewer."""
    promised = campaign.require_frozen().promised_per_month
    chosen = subscriber.profile.get("max_per_month")
    limit = min(promised, chosen) if isinstance(chosen, int) else promised
    since = now - timedelta(days=PROMISE_DAYS)
    programme_id = campaign.definition.programme_id
    claims = subscriber.standing.claims.values()
    count = sum(claim.programme_id == programme_id and claim.at > since for claim in claims)
    trace.append(Check(Rule.PROMISE, count < limit, (count, limit, PROMISE_DAYS, promised)))
    if count < limit:
        return None
    return "frequency_promise" if limit == promised else "frequency_choice"


def _cap_objection(
    standing: Standing, now: datetime, whereabouts: Whereabouts, trace: list[Check]
) -> str | None:
    """Statutes count every text of the brand, whichever programme it belongs to."""
    for cap in rolling_caps(whereabouts):
        since = now - cap.span
        count = sum(claim.at > since for claim in standing.claims.values())
        passed = count < cap.max_texts
        values = (cap.jurisdiction, count, cap.max_texts, cap.hours)
        trace.append(Check(Rule.CAP, passed, values))
        if not passed:
            return "statutory_cap"
    return None


def _in_window(
    campaign: Campaign, now: datetime, whereabouts: Whereabouts, trace: list[Check]
) -> Decision:
    if campaign.definition.quiet_hours is QuietHours.OVERRIDE:
        trace.append(_window("overridden", whereabouts))
        return Decision(Verdict.MAY, "window_overridden", tuple(trace))
    for instant in (now, now + CLOSING_MARGIN):
        legal = next_legal_instant(whereabouts, instant)
        if legal.at is None:
            trace.append(_window(legal.reason, whereabouts, passed=False))
            return Decision(Verdict.NO, "no_legal_hour", tuple(trace))
        if legal.at > instant:
            trace.append(_window(legal.reason, whereabouts, passed=False))
            return Decision(Verdict.LATER, "quiet_hours", tuple(trace), legal.at)
    trace.append(_window("open", whereabouts))
    return Decision(Verdict.MAY, "permitted", tuple(trace))


def _window(state: str, where: Whereabouts, *, passed: bool = True) -> Check:
    jurisdictions = "/".join(where.jurisdictions)
    values = (state, rules_version(), where.basis.value, len(where.zones), jurisdictions)
    return Check(Rule.WINDOW, passed, values)

"""The decision about one person at an instant that has passed: why a text came, and why none did.

It is made again by the rules of today on what can be known of then. Consent, stops and claims come
from records and are exact; what is kept only as it stands now is used and said so, rule by rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.audience.rules import compile_rule
from assent.audience.subscriber import Subscriber
from assent.campaigns.holding_out import is_held_out
from assent.campaigns.may_send import PROMISE_DAYS, Verdict, may_send
from assent.campaigns.trace import Check, Rule
from assent.campaigns.whereabouts import whereabouts_of
from assent.choices.wishes import pause_end
from assent.clock import iso
from assent.consent.events import EventType
from assent.consent.model import Claim, Consent, Hold, Standing
from assent.evidence.history import AsOf, brand_at, fold
from assent.law.zones import Basis, Whereabouts
from assent.messages.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.campaigns.model import Campaign
    from assent.evidence.history import HistoryEntry
    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.messages.ledger import LedgerRow
    from assent.phone import PhoneNumber
    from assent.programmes.model import Programme

# The ledger keeps a text for at least so long (`aws.ledger`); of claims before it nobody can tell.
TEXTS_KEPT = timedelta(days=400)
PROFILE, PROGRAMME, LAW_DATA, TEXTS = "profile", "programme", "law_data", "texts"
_PLACE_FIELDS = ("time_zone", "region", "postal_code")
_NOWHERE = Whereabouts((), (), Basis.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of one person. `today` is the profile and standing of now, None where there is
    none or it was erased; `texts` are the ledger's rows in order of time."""

    subscriber_key: SubscriberKey
    phone: PhoneNumber | None
    history: Sequence[HistoryEntry]
    texts: Sequence[LedgerRow]
    today: Subscriber | None


@dataclass(frozen=True, slots=True)
class PastCheck:
    """One rule's answer. `as_of_now` names what it rests on that is known only as it is today:
    `profile`, `programme`, `law_data`, or `texts` older than are kept. Empty: it is exact."""

    check: Check
    as_of_now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastDecision:
    """What the rules come to at `at`. `recorded` is the text of this campaign with the decision as
    it was made, where there was one: then that is the answer and this only agrees or does not."""

    campaign: Campaign
    at: datetime
    verdict: Verdict
    reason: str
    checks: tuple[PastCheck, ...]
    recorded: LedgerRow | None = None
    try_again_at: datetime | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the rule that decided, or, for a yes, every rule, rests on records alone."""
        failed = [each for each in self.checks if not each.check.passed]
        return not any(each.as_of_now for each in (failed[:1] or self.checks))


def text_of(subject: Subject, campaign: Campaign) -> LedgerRow | None:
    """Return the row of this campaign's text to the person."""
    mine = (row for row in subject.texts if row.campaign_id == campaign.campaign_id)
    return next(mine, None)


def decide_then(
    subject: Subject, campaign: Campaign, programme: Programme, at: datetime, now: datetime
) -> PastDecision:
    """Decide about the person as of `at`; a claim of that very instant is not counted yet."""
    frozen = campaign.frozen
    lasts = (iso(frozen.launched_at), iso(frozen.expires_at)) if frozen else ()
    is_under_way = frozen is not None and frozen.launched_at <= at < frozen.expires_at
    first = PastCheck(Check(Rule.CAMPAIGN, is_under_way, lasts))
    recorded = text_of(subject, campaign)
    if not is_under_way:
        return PastDecision(campaign, at, Verdict.NO, "not_under_way", (first,), recorded)
    person = person_then(subject, campaign.definition.programme_id, at)
    decision = may_send(person, campaign, at, _place(person, campaign))
    open_inputs = _Unknown(subject, at, now)
    checks = [first, *(PastCheck(each, open_inputs.of(each)) for each in decision.trace)]
    membership = _membership(person, campaign, programme, at)
    reason, verdict = decision.reason, decision.verdict
    for failing, objection in membership:
        checks.append(failing)
        if not failing.check.passed and verdict is not Verdict.NO:
            reason, verdict = objection, Verdict.NO
    waits = decision.at if verdict is Verdict.LATER else None
    return PastDecision(campaign, at, verdict, reason, tuple(checks), recorded, waits)


def person_then(subject: Subject, programme_id: ProgrammeId, at: datetime) -> Subscriber:
    """Return the person as this service knew them at `at`, with the profile of today."""
    as_of = AsOf(at, as_known=True)
    known = [entry for entry in subject.history if as_of.covers(entry.event)]
    found, brand = fold(subject.history, programme_id, as_of), brand_at(subject.history, as_of)
    about = [e.event for e in known if e.event.programme_id == programme_id]
    decided = found.decided_by.event.at if found.decided_by else at
    consent = Consent(found.status, about[-1].epoch if about else 0, decided)
    stops = [e.event.at for e in brand.events if e.event.type is EventType.WITHDRAWN]
    holds = [e.event for e in brand.events if e.event.type is EventType.HELD]
    standing = Standing(
        subscriber_key=subject.subscriber_key,
        phone=None if known and known[-1].event.type is EventType.ERASED else subject.phone,
        seq=known[-1].event.seq if known else 0,
        consents=MappingProxyType({programme_id: consent}),
        stopped_at=(stops[-1] if stops else at) if brand.stopped else None,
        hold=Hold(str(holds[-1].facts.get("reason", "")), holds[-1].at) if brand.held else None,
        paused_until=_pause_then(known),
        restricted_at=_restricted_since(known),
        claims=_claims_then(subject, at),
    )
    profile = dict(subject.today.profile) if subject.today else {}
    chosen = _last_told(known, "max_per_month")
    if chosen and chosen.isdecimal():
        profile["max_per_month"] = int(chosen)
    today = subject.today
    country = today.country if today else subject.phone.country if subject.phone else ""
    created_at = today.created_at if today else at
    engagement = today.engagement if today else {}
    return Subscriber(standing, country, created_at, MappingProxyType(profile), engagement)


def _place(person: Subscriber, campaign: Campaign) -> Whereabouts:
    if person.standing.phone is None:
        return _NOWHERE
    return whereabouts_of(person, campaign.definition.hours)


def _claims_then(subject: Subject, at: datetime) -> Mapping[CampaignId, Claim]:
    """The ledger has every claim whose fate is known; the standing those of the last minutes."""
    standing = subject.today.standing if subject.today else None
    claims = {each.campaign_id: each for each in (standing.claims.values() if standing else ())}
    for row in subject.texts:
        if row.purpose is Purpose.CAMPAIGN and row.campaign_id and row.programme_id:
            claim = Claim(row.campaign_id, row.programme_id, row.claimed_at)
            claims[row.campaign_id] = claim
    return MappingProxyType({name: each for name, each in claims.items() if each.at < at})


def _last_told(known: Sequence[HistoryEntry], name: str) -> str | None:
    """Return what the person last set this choice to, as its evidence tells; None: never told."""
    for entry in reversed(known):
        is_change = entry.event.type is EventType.PREFERENCES_CHANGED
        if is_change and entry.evidence and name in entry.evidence.facts:
            return str(entry.evidence.facts[name] or "")
    return None


def _pause_then(known: Sequence[HistoryEntry]) -> datetime | None:
    told = _last_told(known, "paused_until")
    return pause_end(date.fromisoformat(told)) if told else None


def _restricted_since(known: Sequence[HistoryEntry]) -> datetime | None:
    turns = (EventType.RESTRICTED, EventType.RESTRICTION_LIFTED)
    last = next((e.event for e in reversed(known) if e.event.type in turns), None)
    return last.at if last is not None and last.type is EventType.RESTRICTED else None


def _membership(
    person: Subscriber, campaign: Campaign, programme: Programme, at: datetime
) -> list[tuple[PastCheck, str]]:
    """What planning asked: who is no candidate never comes to the rules of the sending."""
    percent = campaign.definition.hold_out_percent
    is_out = is_held_out(campaign, person.standing.subscriber_key)
    is_offered = person.country in programme.countries
    is_meant = compile_rule(campaign.require_frozen().rule)(person, at)
    return [
        (PastCheck(Check(Rule.HOLD_OUT, not is_out, (percent,))), "held_out"),
        (PastCheck(Check(Rule.COUNTRY, is_offered, (person.country,)), (PROGRAMME,)), "country"),
        (PastCheck(Check(Rule.SEGMENT, is_meant), (PROFILE,)), "segment"),
    ]


class _Unknown:
    """What each rule rests on that is known only as it is today."""

    def __init__(self, subject: Subject, at: datetime, now: datetime) -> None:
        profile = subject.today.profile if subject.today else {}
        known = [e for e in subject.history if e.event.at <= at]
        self._lost_choices = any(
            e.event.type is EventType.PREFERENCES_CHANGED and e.evidence is None for e in known
        )
        has_limit = "max_per_month" in profile and _last_told(known, "max_per_month") is None
        self._limit = (PROFILE,) if has_limit or self._lost_choices else ()
        has_place = subject.today is None or any(name in profile for name in _PLACE_FIELDS)
        self._place = (PROFILE,) if has_place else ()
        self._texts = (TEXTS,) if at - timedelta(days=PROMISE_DAYS) < now - TEXTS_KEPT else ()

    def of(self, check: Check) -> tuple[str, ...]:
        found: Mapping[Rule, tuple[str, ...]] = {
            Rule.CLAIM: self._texts,
            Rule.PAUSE: (PROFILE,) if self._lost_choices else (),
            Rule.PROMISE: (*self._limit, *self._texts),
            Rule.CAP: (*self._place, LAW_DATA, *self._texts),
            Rule.WINDOW: self._window(check),
        }
        return found.get(check.rule, ())

    def _window(self, check: Check) -> tuple[str, ...]:
        return () if check.inputs.get("state") == "overridden" else (*self._place, LAW_DATA)

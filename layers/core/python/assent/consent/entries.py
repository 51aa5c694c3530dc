"""What a decision writes: the events that tell it, and the standing that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Consent, ConsentStatus, OpenRequest, Standing
from assent.consent.policy import (
    CODE_ATTEMPTS,
    OptInReason,
    believable,
    in_flight,
    unanswered_texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.consent.chain import Chain
    from assent.consent.model import ConsentChange
    from assent.consent.outcomes import SignUp
    from assent.consent.policy import RequestDecision
    from assent.consent.timeline import Projection
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

_OPENS_AN_EPOCH = (ConsentStatus.PENDING, ConsentStatus.WITHDRAWN)
_REFUSED = (OptInReason.OLDER_THAN_OPT_OUT, OptInReason.NOTHING_OPEN)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword, or an act that counts as one. `at` is when it was done, as far as that can be
    believed; `stamped_at` is what the carrier said, where that differs."""

    at: datetime
    source: Source
    evidence: Mapping[str, str | int | bool | None]
    word: str
    provider_at: datetime | None
    stamped_at: datetime | None

    @classmethod
    def received(
        cls,
        at: datetime,
        now: datetime,
        source: Source,
        evidence: Mapping[str, str | int | bool | None],
        word: str,
        *,
        is_opt_out: bool,
    ) -> Keyword:
        """Return the keyword at a time that can be true; doors of our own count as of `now`."""
        if source not in (Source.INBOUND_SMS, Source.PROVIDER):
            return cls(now, source, evidence, word, None, None)
        true_at = believable(at, now, is_opt_out=is_opt_out)
        return cls(true_at, source, evidence, word, true_at, None if true_at == at else at)

    def facts(self, **more: object) -> dict[str, object]:
        """Return `more` with what the carrier stamped, where that was not believed."""
        return {**more, "stamped_at": iso(self.stamped_at)} if self.stamped_at else more


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sign-up that is answered by a text writes."""

    entries: tuple[Entry, ...]
    after: Standing
    request: OpenRequest


def declined(sign_up: SignUp, decision: RequestDecision) -> Entry:
    """Return the event of a sign-up that opens nothing."""
    limit = {"limit": decision.limit} if decision.limit else {}
    return Entry(
        EventType.REQUEST_DECLINED,
        sign_up.source,
        sign_up.programme_id,
        facts={**sign_up.facts, "reason": decision.reason.value, **limit},
        evidence=sign_up.evidence,
    )


def opening(
    sign_up: SignUp,
    decision: RequestDecision,
    before: Standing | None,
    requests: Sequence[OpenRequest],
    now: datetime,
) -> Opening:
    """Return the new request; one that ran out before is closed in the same breath."""
    programme_id = sign_up.programme_id
    standing = before or Standing(sign_up.subscriber_key, sign_up.phone)
    last = next((each for each in requests if each.programme_id == programme_id), None)
    consent = standing.consent_to(programme_id)
    request = OpenRequest(
        subscriber_key=sign_up.subscriber_key,
        programme_id=programme_id,
        epoch=(consent.epoch if consent else 0) + 1,
        locale=sign_up.locale,
        requested_at=now,
        expires_at=now + sign_up.pending_for,
        code_hash=sign_up.code_hash,
        attempts_left=CODE_ATTEMPTS,
        texted_at=(*(unanswered_texts(last, now) if last else ()), now),
        profile=sign_up.profile,
        remind_at=_reminder_of(sign_up, now),
    )
    requested = Entry(
        EventType.REQUESTED,
        sign_up.source,
        programme_id,
        epoch=request.epoch,
        facts={
            **sign_up.facts,
            "reason": decision.reason.value,
            "expires_at": iso(request.expires_at),
        },
        evidence=sign_up.evidence,
    )
    over = [expiry(last)] if last and is_overdue(standing, last, now) else []
    pending = {programme_id: Consent(ConsentStatus.PENDING, request.epoch, now)}
    after = replace(
        standing,
        phone=standing.phone or sign_up.phone,
        consents=MappingProxyType({**standing.consents, **pending}),
    )
    return Opening((*over, requested), after, request)


def _reminder_of(sign_up: SignUp, now: datetime) -> datetime | None:
    """Return when a reminder is due: never one after the request has run out."""
    after = sign_up.remind_after
    return now + after if after is not None and after < sign_up.pending_for else None


def is_overdue(standing: Standing, request: OpenRequest, now: datetime) -> bool:
    """Return whether this request still waits although its time is over."""
    consent = standing.consent_to(request.programme_id)
    return (
        consent is not None
        and consent.status is ConsentStatus.PENDING
        and consent.epoch == request.epoch
        and request.expires_at <= now
    )


def expiry(request: OpenRequest) -> Entry:
    """Return the event of a request that nobody answered in time."""
    return ended(request.programme_id, request.epoch, request.expires_at)


def ended(programme_id: ProgrammeId, epoch: int, over_at: datetime) -> Entry:
    """Return the event of a wait that was over at `over_at`."""
    return Entry(
        EventType.EXPIRED,
        Source.SCHEDULE,
        programme_id,
        epoch=epoch,
        facts={"expires_at": iso(over_at)},
    )


def closing(change: ConsentChange, request: OpenRequest) -> ConsentChange:
    """Return the change with its answered request closed and what the form told taken over."""
    return replace(
        change,
        open_request=replace(request, is_open=False, texted_at=()),
        profile={**request.profile, "locale": request.locale},
    )


def stop(
    standing: Standing | None,
    was: Projection,
    becomes: Projection,
    programme_id: ProgrammeId | None,
    keyword: Keyword,
    now: datetime,
) -> Entry:
    """Return the event of an opt-out. It names what it ended and the campaigns whose claim is a
    moment old, so that a text that crosses it is explained."""
    ended = [
        name
        for name, line in was.lines.items()
        if becomes.lines[name].status is not line.status and programme_id in (None, name)
    ]
    facts = keyword.facts(
        reason=keyword.word,
        confirmed=[name for name in was.confirmed() if name in ended],
        withdrawn=sorted(ended),
        in_flight=list(in_flight(standing, now)),
        superseded=programme_id is None and becomes.stopped_at is None,
    )
    consent = standing.consent_to(programme_id) if standing and programme_id else None
    return Entry(
        EventType.WITHDRAWN,
        keyword.source,
        programme_id,
        epoch=consent.epoch if consent else 0,
        provider_at=keyword.provider_at,
        facts=facts,
        evidence=keyword.evidence,
    )


def ends_something(
    was: Projection, becomes: Projection, names: Sequence[ProgrammeId | None]
) -> bool:
    """Return whether an opt-out is news: the brand was not stopped, or a programme was not left."""
    if None in names:
        return was.stopped_at is None and becomes.stopped_at is not None
    return any(
        becomes.lines[name].status is not was.lines[name].status
        for name in names
        if name is not None and name in was.lines
    )


def opt_in(
    after: Standing,
    reason: OptInReason,
    confirmed: tuple[ProgrammeId, ...],
    keyword: Keyword,
    answers: ProgrammeId | None,
) -> list[Entry]:
    """Return the event of a START or YES, and one for each further programme it confirmed."""
    type_, programme_id, others = EventType.STARTED, None, confirmed
    if reason in _REFUSED:
        type_ = EventType.START_REFUSED
    elif reason is OptInReason.RECONFIRMED:
        type_, programme_id, others = EventType.RECONFIRMED, confirmed[0], confirmed[1:]
    elif reason is OptInReason.CONFIRMED and keyword.word != "START":
        type_, programme_id, others = EventType.CONFIRMED, confirmed[0], confirmed[1:]
    act = Entry(
        type_,
        keyword.source,
        programme_id,
        epoch=after.consents[programme_id].epoch if programme_id else 0,
        provider_at=keyword.provider_at,
        facts=keyword.facts(keyword=keyword.word, reason=reason.value, answers=answers),
        evidence=keyword.evidence,
    )
    results = (
        replace(
            act,
            type=EventType.CONFIRMED,
            programme_id=name,
            epoch=after.consents[name].epoch,
            facts={**act.facts, "result_of": type_.value},
        )
        for name in others
    )
    return [act, *results]


def heard(after: Standing, phone: PhoneNumber, reason: OptInReason) -> Standing:
    """Return the standing with an opt-in's side effects: the number is known again after an
    erasure, and an express yes ends a hold."""
    if reason in _REFUSED:
        return after
    return replace(after, phone=after.phone or phone, hold=None)


def settle(
    before: Standing | None,
    after: Projection,
    subscriber_key: SubscriberKey,
    phone: PhoneNumber | None,
) -> Standing:
    """Return the standing that a projection leads to; the chain's tip is set by `tip`."""
    standing = before or Standing(subscriber_key, phone)
    consents = dict(standing.consents)
    for programme_id, line in after.lines.items():
        old = consents.get(programme_id)
        status = old.status if old else ConsentStatus.NONE
        if line.status is not status:
            epoch = (old.epoch if old else 0) + (line.status in _OPENS_AN_EPOCH)
            consents[programme_id] = Consent(line.status, epoch, line.at)
        elif old and line.status is ConsentStatus.CONFIRMED and line.at > old.at:
            consents[programme_id] = replace(old, at=line.at)
    return replace(standing, consents=MappingProxyType(consents), stopped_at=after.stopped_at)


def tip(standing: Standing, chain: Chain) -> Standing:
    """Return the standing with the chain's new end."""
    return replace(standing, seq=chain.seq, head_hash=chain.head_hash)

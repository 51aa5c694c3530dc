"""What time does to a consent: a reminder, an end without an answer, a question asked anew.

Each text is claimed by an event before it is sent, so that a crash in between costs a text and
never sends two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent import entries
from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Consent, ConsentStatus
from assent.consent.policy import (
    MAX_UNANSWERED_TEXTS,
    PENDING_FOR,
    TEXTS_COUNTED_OVER,
    unanswered_texts,
)
from assent.consent.timeline import replay
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from assent.consent.events import ConsentEvent
    from assent.consent.model import ConsentChange, OpenRequest, Standing
    from assent.consent.service import ConsentService
    from assent.consent.timeline import Line
    from assent.identifiers import ProgrammeId, SubscriberKey


@dataclass(frozen=True, slots=True)
class Lapsing:
    """What the schedule does to one number and programme. All may be repeated, and all raise
    TryAgainError when other writers kept being first."""

    consent: ConsentService

    @property
    def _writing(self) -> Writing:
        return Writing(self.consent.store, self.consent.clock, self.consent.ids)

    def line(self, subscriber_key: SubscriberKey, programme_id: ProgrammeId) -> Line | None:
        """Return where the programme stands by the history, with what was asked anew."""
        standing, events = self._writing.read(subscriber_key)
        return replay(standing, events).lines.get(programme_id)

    def claim_reminder(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId
    ) -> OpenRequest | None:
        """Record that the one reminder is about to be sent, and return its request; None: none is
        due, or not any more."""
        writing, store = self._writing, self.consent.store

        def decide() -> tuple[ConsentChange | None, OpenRequest | None]:
            before = store.standing(subscriber_key)
            now = writing.now()
            names = sorted({*(before.consents if before else ()), programme_id})
            requests = store.open_requests(subscriber_key, names)
            own = next((each for each in requests if each.programme_id == programme_id), None)
            if before is None or own is None or not may_remind(before, own, requests, now):
                return None, None
            claimed = replace(own, remind_at=None, texted_at=(*unanswered_texts(own, now), now))
            entry = Entry(EventType.REMINDED, Source.SCHEDULE, programme_id, epoch=own.epoch)
            change = writing.change(before, before, [entry], now)
            return replace(change, open_request=claimed), claimed

        return writing.once(None, None, decide)

    def give_back_reminder(self, claimed: OpenRequest) -> None:
        """Let a claimed reminder that was certainly not sent be due again: it counts no text."""
        writing, store = self._writing, self.consent.store
        key, programme_id = claimed.subscriber_key, claimed.programme_id

        def decide() -> tuple[ConsentChange | None, None]:
            before, request = store.standing(key), store.open_request(key, programme_id)
            now = writing.now()
            if before is None or request is None or request != claimed:
                return None, None
            again = replace(request, remind_at=now, texted_at=request.texted_at[:-1])
            return replace(writing.change(before, before, [], now), open_request=again), None

        writing.once(None, None, decide)

    def expire(self, subscriber_key: SubscriberKey, programme_id: ProgrammeId) -> bool:
        """End a request whose time is over, also one whose own item is gone; False: none such."""
        store, writing = self.consent.store, self._writing
        if store.open_request(subscriber_key, programme_id) is not None:
            return self.consent.expire(subscriber_key, programme_id)

        def decide() -> tuple[ConsentChange | None, bool]:
            before = store.standing(subscriber_key)
            now = writing.now()
            consent = before.consent_to(programme_id) if before else None
            if before is None or consent is None or consent.status is not ConsentStatus.PENDING:
                return None, False
            over_at = consent.at + PENDING_FOR
            if over_at > now:
                return None, False
            return _ended(writing, before, programme_id, over_at), True

        return writing.once(None, False, decide)

    def ask_again(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId, answer_within: timedelta
    ) -> datetime | None:
        """Record that the person is about to be asked to confirm anew; return until when an answer
        is awaited. None: they have no consent any more, or may not be texted now."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, datetime | None]:
            before, events = writing.read(subscriber_key)
            now = writing.now()
            line = replay(before, events).lines.get(programme_id)
            if before is None or line is None or not may_ask_again(before, line, programme_id, now):
                return None, None
            until = now + answer_within
            entry = Entry(
                EventType.RECONFIRMATION_ASKED,
                Source.SCHEDULE,
                programme_id,
                epoch=before.consents[programme_id].epoch,
                facts={"expires_at": iso(until)},
            )
            return writing.change(before, before, [entry], now), until

        return writing.once(None, None, decide)

    def texted(
        self,
        subscriber_key: SubscriberKey,
        programme_id: ProgrammeId,
        *,
        facts: Mapping[str, str | int],
        evidence: Mapping[str, str | int | bool | None],
    ) -> None:
        """Record a claimed text and its fate (`facts["outcome"]`)."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, None]:
            before = self.consent.store.standing(subscriber_key)
            consent = before.consent_to(programme_id) if before else None
            if before is None or consent is None:
                return None, None
            entry = Entry(
                EventType.CONFIRMATION_TEXTED,
                Source.SCHEDULE,
                programme_id,
                epoch=consent.epoch,
                facts=dict(facts),
                evidence=evidence,
            )
            return writing.change(before, before, [entry], writing.now()), None

        writing.once(None, None, decide)

    def end_unanswered(self, subscriber_key: SubscriberKey, programme_id: ProgrammeId) -> bool:
        """End a consent that was asked for anew and not confirmed in time; False: none such, or
        the question is not known to have been sent."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, bool]:
            before, events = writing.read(subscriber_key)
            now = writing.now()
            line = replay(before, events).lines.get(programme_id)
            if before is None or line is None or not is_unanswered(line, now):
                return None, False
            if not was_asked(events, programme_id, line):
                return None, False
            return _ended(writing, before, programme_id, line.expires_at or now), True

        return writing.once(None, False, decide)


def _ended(
    writing: Writing, before: Standing, programme_id: ProgrammeId, over_at: datetime
) -> ConsentChange:
    now, epoch = writing.now(), before.consents[programme_id].epoch
    ended = {programme_id: Consent(ConsentStatus.EXPIRED, epoch, now)}
    after = replace(before, consents=MappingProxyType({**before.consents, **ended}))
    return writing.change(before, after, [entries.ended(programme_id, epoch, over_at)], now)


def may_remind(
    standing: Standing, request: OpenRequest, requests: Sequence[OpenRequest], now: datetime
) -> bool:
    """Return whether the one reminder of this request may be texted now: it is open and of the
    current epoch, its first text has gone out, and the number's texts of 30 days leave room."""
    consent = standing.consent_to(request.programme_id)
    texts = [at for each in requests for at in unanswered_texts(each, now)]
    return (
        consent is not None
        and (consent.status, consent.epoch) == (ConsentStatus.PENDING, request.epoch)
        and standing.phone is not None
        and standing.stopped_at is None
        and standing.hold is None
        and standing.restricted_at is None
        and request.is_open
        and request.remind_at is not None
        and request.remind_at <= now < request.expires_at
        and any(at >= request.requested_at for at in request.texted_at)
        and len(texts) < MAX_UNANSWERED_TEXTS
    )


def may_ask_again(standing: Standing, line: Line, programme_id: ProgrammeId, now: datetime) -> bool:
    """Return whether a person may be asked to confirm anew: they have consent, nothing rests their
    texts, and no such question is open or younger than the count of texts reaches back."""
    is_paused = standing.paused_until is not None and standing.paused_until > now
    is_recent = line.requested_at is not None and now - line.requested_at < TEXTS_COUNTED_OVER
    return (
        standing.status_of(programme_id) is ConsentStatus.CONFIRMED
        and line.status is ConsentStatus.CONFIRMED
        and standing.phone is not None
        and standing.stopped_at is None
        and standing.hold is None
        and standing.restricted_at is None
        and not is_paused
        and not is_recent
        and not line.is_open(now)
    )


def was_asked(events: Sequence[ConsentEvent], programme_id: ProgrammeId, line: Line) -> bool:
    """Return whether the text that asked to confirm anew is known to have been sent: nobody loses
    a consent for not answering what may never have reached them."""
    return any(
        event.type is EventType.CONFIRMATION_TEXTED
        and event.programme_id == programme_id
        and event.facts.get("outcome") == "sent"
        and line.requested_at is not None
        and event.at >= line.requested_at
        for event in events
    )


def is_unanswered(line: Line, now: datetime) -> bool:
    """Return whether a consent was asked for anew and the time for the answer is over."""
    is_asked = line.status is ConsentStatus.CONFIRMED and line.requested_at is not None
    return is_asked and line.expires_at is not None and line.expires_at <= now

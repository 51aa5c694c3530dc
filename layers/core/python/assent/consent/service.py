"""Who agreed to what: the use cases by which consent is asked, given, withdrawn and shown.

Each is one decision written with its event and evidence in one transaction (see `writing`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent import entries
from assent.consent.chain import Entry
from assent.consent.entries import Keyword, settle
from assent.consent.events import EventType, Source
from assent.consent.importing import import_given
from assent.consent.model import Consent, ConsentChange, ConsentStatus, Hold, Standing
from assent.consent.outcomes import (
    ConfirmOutcome,
    ConsentAt,
    RequestOutcome,
    StartOutcome,
    StopOutcome,
)
from assent.consent.policy import (
    ConfirmReason,
    RequestDecision,
    RequestReason,
    decide_confirm,
    decide_opt_in,
    decide_request,
    in_flight,
)
from assent.consent.timeline import Act, ActKind, replay, standing_at
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.importing import GivenElsewhere
    from assent.consent.model import ConsentStore
    from assent.consent.outcomes import SignUp
    from assent.identifiers import Ids, ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber

    EvidenceFacts = Mapping[str, str | int | bool | None]
    Decided = tuple[ConsentChange | None, StopOutcome]


@dataclass(frozen=True, slots=True)
class ConsentService:
    """The use cases of consent. All raise TryAgainError when other writers kept being first."""

    store: ConsentStore
    clock: Clock
    ids: Ids

    @property
    def _writing(self) -> Writing:
        return Writing(self.store, self.clock, self.ids)

    def request(
        self, sign_up: SignUp, limit_met: Callable[[], str | None] = lambda: None
    ) -> RequestOutcome:
        """Record a sign-up and open its request, or record why it opens none.

        The text about to be sent is counted before it is sent: a crash can only make one too few.
        `limit_met` is asked at most once, and only when a text is otherwise due; it names the
        limit that forbids it. A limit leaves no trace of a number that was never seen.
        """
        writing = self._writing
        ask_once = functools.cache(limit_met)

        def decide() -> tuple[ConsentChange | None, RequestOutcome]:
            before = self.store.standing(sign_up.subscriber_key)
            now = writing.now()
            programmes = {*(before.consents if before else ()), sign_up.programme_id}
            requests = self.store.open_requests(sign_up.subscriber_key, sorted(programmes))
            decision = decide_request(
                before,
                sign_up.programme_id,
                requests,
                now,
                is_country_served=sign_up.is_country_served,
            )
            if decision.send_confirmation and (limit := ask_once()):
                decision = RequestDecision(False, RequestReason.LIMIT_MET, limit)
                if before is None:
                    return None, RequestOutcome(decision)
            if not decision.send_confirmation:
                declined = entries.declined(sign_up, decision)
                after = before or Standing(sign_up.subscriber_key, sign_up.phone)
                return writing.change(before, after, [declined], now), RequestOutcome(decision)
            opening = entries.opening(sign_up, decision, before, requests, now)
            change = writing.change(before, opening.after, opening.entries, now)
            outcome = RequestOutcome(decision, opening.request.epoch)
            return replace(change, open_request=opening.request), outcome

        return writing.once(sign_up.dedupe_key, RequestOutcome(None, is_repeat=True), decide)

    def texted(
        self,
        subscriber_key: SubscriberKey,
        programme_id: ProgrammeId,
        *,
        facts: Mapping[str, str | int],
        evidence: EvidenceFacts,
        was_sent: bool = True,
    ) -> None:
        """Record the confirmation text. `was_sent` False means certainly not sent: then it does
        not count against the number, and the person may ask again at once."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, None]:
            before = self.store.standing(subscriber_key)
            request = self.store.open_request(subscriber_key, programme_id)
            if before is None or request is None:
                return None, None
            entry = Entry(
                EventType.CONFIRMATION_TEXTED,
                Source.FORM,
                programme_id,
                epoch=request.epoch,
                facts=dict(facts),
                evidence=evidence,
            )
            change = writing.change(before, before, [entry], writing.now())
            if was_sent:
                return change, None
            taken_back = replace(request, texted_at=request.texted_at[:-1])
            return replace(change, open_request=taken_back), None

        writing.once(None, None, decide)

    def confirm(  # noqa: PLR0913 - whose request, by which door, with which proof
        self,
        subscriber_key: SubscriberKey,
        programme_id: ProgrammeId,
        via: Source,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
        at: datetime,
        *,
        epoch: int | None = None,
    ) -> ConfirmOutcome:
        """Confirm the open request by a code or a pressed button; a second time changes nothing.

        With an `epoch`, only the request that opened it is confirmed, none that came after it.
        """
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, ConfirmOutcome]:
            before = self.store.standing(subscriber_key)
            request = self.store.open_request(subscriber_key, programme_id)
            reason = decide_confirm(before, request, programme_id, at)
            if request is not None and epoch not in (None, request.epoch):
                reason = ConfirmReason.NOTHING_OPEN
            if reason is not ConfirmReason.CONFIRMED or before is None or request is None:
                return None, ConfirmOutcome(reason is ConfirmReason.ALREADY_CONFIRMED, reason)
            now = writing.now()
            entry = Entry(
                EventType.CONFIRMED,
                via,
                programme_id,
                epoch=request.epoch,
                facts={"via": via.value},
                evidence=evidence,
            )
            given = {programme_id: Consent(ConsentStatus.CONFIRMED, request.epoch, now)}
            consents = MappingProxyType({**before.consents, **given})
            after = replace(before, consents=consents, hold=None)
            change = writing.change(before, after, [entry], now)
            return entries.closing(change, request), ConfirmOutcome(
                is_confirmed=True, reason=reason
            )

        repeat = ConfirmOutcome(is_confirmed=True, reason=ConfirmReason.ALREADY_CONFIRMED)
        return writing.once(dedupe_key, repeat, decide)

    def stop(  # noqa: PLR0913, PLR0917 - one opt-out is who, when, proof and door
        self,
        subscriber_key: SubscriberKey,
        phone: PhoneNumber | None,
        at: datetime,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
        source: Source,
        programme_ids: Sequence[ProgrammeId] | None = None,
        reason: str = "STOP",
    ) -> StopOutcome:
        """Withdraw every programme of the brand (or only those named), known number or not.

        `at` is the carrier's time for INBOUND_SMS and PROVIDER; other doors count as of now.
        No state of the person's makes it fail; a later START that is already there stays.
        """
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, StopOutcome]:
            before, events = writing.read(subscriber_key)
            now = writing.now()
            keyword = Keyword.received(at, now, source, evidence, reason, is_opt_out=True)
            names: Sequence[ProgrammeId | None] = programme_ids or (None,)
            was = replay(before, events)
            acts = (Act(ActKind.STOP, keyword.at, name) for name in names)
            becomes = replay(before, events, *acts)
            after = settle(before, becomes, subscriber_key, phone)
            new = [entries.stop(before, was, becomes, name, keyword, now) for name in names]
            outcome = StopOutcome(
                first=entries.ends_something(was, becomes, names),
                in_flight=in_flight(before, now),
                superseded=programme_ids is None and becomes.stopped_at is None,
            )
            return writing.change(before, after, new, now), outcome

        return writing.once(dedupe_key, StopOutcome(first=False, is_repeat=True), decide)

    def start(
        self,
        subscriber_key: SubscriberKey,
        phone: PhoneNumber,
        at: datetime,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
        answers: ProgrammeId | None = None,
    ) -> StartOutcome:
        """Take START: lift the stop with what it ended, and confirm the open request."""
        return self._opt_in(subscriber_key, phone, at, evidence, dedupe_key, ("START", answers))

    def yes(
        self,
        subscriber_key: SubscriberKey,
        phone: PhoneNumber,
        at: datetime,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
        answers: ProgrammeId | None = None,
    ) -> StartOutcome:
        """Take YES: confirm the open request (`answers` names its programme where the carrier
        tells it), or lift a stop as START does. With neither, the answer is recorded as refused:
        it is no consent."""
        return self._opt_in(subscriber_key, phone, at, evidence, dedupe_key, ("YES", answers))

    def _opt_in(
        self,
        subscriber_key: SubscriberKey,
        phone: PhoneNumber,
        at: datetime,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
        said: tuple[str, ProgrammeId | None],
    ) -> StartOutcome:
        writing = self._writing
        word, answers = said

        def decide() -> tuple[ConsentChange | None, StartOutcome]:
            before, events = writing.read(subscriber_key)
            now = writing.now()
            keyword = Keyword.received(
                at, now, Source.INBOUND_SMS, evidence, word, is_opt_out=False
            )
            was = replay(before, events)
            becomes = replay(before, events, Act(ActKind.OPT_IN, keyword.at, answers))
            reason = decide_opt_in(was, becomes, is_start=word == "START")
            confirmed = becomes.gained(was)
            after = entries.heard(settle(before, becomes, subscriber_key, phone), phone, reason)
            new = entries.opt_in(after, reason, confirmed, keyword, answers)
            change = writing.change(before, after, new, now)
            for request in self.store.open_requests(subscriber_key, confirmed):
                change = entries.closing(change, request) if request.is_open else change
            return change, StartOutcome(reason, confirmed)

        return writing.once(dedupe_key, StartOutcome(None, is_repeat=True), decide)

    def hold(
        self,
        subscriber_key: SubscriberKey,
        phone: PhoneNumber,
        reason: str,
        evidence: EvidenceFacts,
        dedupe_key: str | None,
    ) -> bool:
        """Rest all marketing until a person has read an ambiguous reply; return False when it
        rested already."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, bool]:
            before = self.store.standing(subscriber_key)
            now = writing.now()
            if before is not None and before.hold is not None:
                # Only that this input was heard, so that its second copy rests nothing anew.
                heard = writing.change(before, before, [], now) if dedupe_key else None
                return heard, False
            standing = before or Standing(subscriber_key, phone)
            entry = Entry(
                EventType.HELD, Source.INBOUND_SMS, facts={"reason": reason}, evidence=evidence
            )
            after = replace(standing, hold=Hold(reason, now))
            return writing.change(before, after, [entry], now), True

        return writing.once(dedupe_key, False, decide)

    def release(self, subscriber_key: SubscriberKey, actor: str) -> bool:
        """Let marketing go on after a hold; return False when there was none. An opt-out is not
        touched."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, bool]:
            before = self.store.standing(subscriber_key)
            if before is None or before.hold is None:
                return None, False
            entry = Entry(EventType.RELEASED, Source.STAFF, evidence={"actor": actor})
            after = replace(before, hold=None)
            return writing.change(before, after, [entry], writing.now()), True

        return writing.once(None, False, decide)

    def import_given(self, given: GivenElsewhere) -> str | None:
        """Record a consent that brings its proof from elsewhere; return what forbids it, if
        anything does."""
        return import_given(self._writing, given)

    def expire(self, subscriber_key: SubscriberKey, programme_id: ProgrammeId) -> bool:
        """Close a request whose time is over; return False when there is none such."""
        writing = self._writing

        def decide() -> tuple[ConsentChange | None, bool]:
            before = self.store.standing(subscriber_key)
            now = writing.now()
            request = self.store.open_request(subscriber_key, programme_id)
            if before is None or request is None or not entries.is_overdue(before, request, now):
                return None, False
            consent = Consent(ConsentStatus.EXPIRED, request.epoch, now)
            consents = MappingProxyType({**before.consents, programme_id: consent})
            after = replace(before, consents=consents)
            change = writing.change(before, after, [entries.expiry(request)], now)
            return replace(change, open_request=replace(request, is_open=False)), True

        return writing.once(None, False, decide)

    def history(
        self, subscriber_key: SubscriberKey
    ) -> Sequence[tuple[ConsentEvent, Evidence | None]]:
        """Return every event in order, with its evidence while that is kept."""
        return self.store.history(subscriber_key)

    def consent_at(
        self, subscriber_key: SubscriberKey, programme_id: ProgrammeId, instant: datetime
    ) -> ConsentAt:
        """Return where the number stood at `instant`, by the times at which things were done."""
        standing = self.store.standing(subscriber_key)
        events = [event for event, _ in self.store.history(subscriber_key)]
        return standing_at(standing, events, programme_id, instant)

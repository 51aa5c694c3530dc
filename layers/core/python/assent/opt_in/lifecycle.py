"""What becomes due: requests that run out, the one reminder, consents to be asked for anew.

It goes through the agenda entry by entry. Each entry is only a hint: what is done follows from what
stands by then, and is done once however often the same entry is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.consent.model import ConsentStatus
from assent.errors import ProgrammeNotFoundError, TryAgainError
from assent.law.windows import next_legal_instant
from assent.law.zones import whereabouts
from assent.messages.ledger import Outcome, Purpose
from assent.messages.messenger import OneText
from assent.opt_in.wording import Asking
from assent.programmes.texts import SystemText, chosen_locale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assent.clock import Clock
    from assent.consent.agenda import Agenda, Due
    from assent.consent.lapsing import Lapsing
    from assent.consent.model import Consent, ConsentStore, OpenRequest, Standing
    from assent.consent.timeline import Line
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.links.service import Links
    from assent.messages.messenger import Messenger
    from assent.phone import PhoneNumber
    from assent.programmes.model import Programme, ProgrammeStore

REMIND_AFTER = timedelta(hours=24)
# Who is asked whether they still want texts may be away; a month is answer enough.
ANSWER_WITHIN = timedelta(days=30)
_ASK_LATER = timedelta(days=1)
# A reminder that found no slot at the sender is not lost: it is tried again until the request ends.
_SLOT_AGAIN = timedelta(minutes=10)
# A programme may start to ask anew at any time; until it does, its people are passed by.
_PASS_BY = timedelta(days=30)


class Done(StrEnum):
    """What came of one entry."""

    EXPIRED = "expired"
    REMINDED = "reminded"
    ASKED_ANEW = "asked_anew"
    ENDED_BY_SILENCE = "ended_by_silence"
    ERASED = "erased"
    WAITS = "waits"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Looked:
    """One entry and what came of it; `error` names the class of what went wrong instead."""

    due: Due
    done: Done | None
    error: str | None = None


class Profiles(Protocol):
    """Where people said they are, and which language they read."""

    def profile(self, subscriber_key: SubscriberKey) -> Mapping[str, object]:
        """Return the profile; empty where there is none."""
        ...


class Erasures(Protocol):
    """Takes an erasure to its end."""

    def finish(self, subscriber_key: SubscriberKey) -> object:
        """Safe to repeat. Raises TryAgainError."""
        ...


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The schedule's one use case. `site` is where people find their pages."""

    agenda: Agenda
    lapsing: Lapsing
    profiles: Profiles
    programmes: ProgrammeStore
    messenger: Messenger
    erasures: Erasures
    clock: Clock
    brand: str
    support_contact: str
    links: Links
    site: str

    def run(self, until: datetime) -> Iterator[Looked]:
        """Deal with what is due, one by one, as long as `until` is not reached.

        An entry that fails stays for the next run and keeps no other from its turn.
        """
        for due in self.agenda.due(self.clock.now()):
            if self.clock.now() >= until:
                return
            try:
                yield Looked(due, self.look(due))
            except Exception as error:
                yield Looked(due, None, type(error).__name__)

    def look(self, due: Due) -> Done:
        """Deal with one entry. Raises TryAgainError; then it stays."""
        if due.programme_id is None:
            self.erasures.finish(due.subscriber_key)
            self.agenda.drop(due)
            return Done.ERASED
        standing = self._store.standing(due.subscriber_key)
        consent = standing.consent_to(due.programme_id) if standing else None
        if standing is None or consent is None:
            return self._over(due)
        if consent.status is ConsentStatus.PENDING:
            return self._pending(due, due.programme_id, standing)
        if consent.status is ConsentStatus.CONFIRMED:
            return self._confirmed(due, due.programme_id, standing, consent)
        return self._over(due)

    @property
    def _store(self) -> ConsentStore:
        return self.lapsing.consent.store

    # --- A request waits -------------------------------------------------------------------------

    def _pending(self, due: Due, programme_id: ProgrammeId, standing: Standing) -> Done:
        now, key = self.clock.now(), due.subscriber_key
        if self.lapsing.expire(key, programme_id):
            return self._over(due, Done.EXPIRED)
        request = self._store.open_request(key, programme_id)
        if request is None:
            return self._later(due, now + _ASK_LATER)
        at = self._reminder_at(request, standing.phone, now)
        if at is None:
            return self._later(due, request.expires_at)
        if at > now:
            return self._later(due, at)
        return self._remind(due, programme_id, standing.phone, request)

    def _remind(
        self, due: Due, programme_id: ProgrammeId, phone: PhoneNumber | None, request: OpenRequest
    ) -> Done:
        key, now = due.subscriber_key, self.clock.now()
        claimed = self.lapsing.claim_reminder(key, programme_id)
        if claimed is None or phone is None:
            return self._later(due, request.expires_at)
        programme = self.programmes.programme(programme_id)
        asking = self._asking(SystemText.REMINDER, programme, claimed.locale)
        outcome = self._text(key, phone, asking, (claimed.epoch, claimed.expires_at))
        if outcome is Outcome.THROTTLED:
            self.lapsing.give_back_reminder(claimed)
            return self._later(due, min(now + _SLOT_AGAIN, request.expires_at))
        return self._later(due, request.expires_at, Done.REMINDED)

    def _reminder_at(
        self, request: OpenRequest, phone: PhoneNumber | None, now: datetime
    ) -> datetime | None:
        """Return when the reminder may go out, None if it never may: not within a day of the first
        text, only at an hour at which marketing is legal, and while there is time to answer."""
        programme = self._programme(request.programme_id)
        first = min((t for t in request.texted_at if t >= request.requested_at), default=None)
        if phone is None or programme is None or first is None or request.remind_at is None:
            return None
        if not programme.terms.sends_reminder:
            return None
        earliest = max(now, request.remind_at, first + REMIND_AFTER)
        at = self._legal(phone, request.profile, earliest)
        return at if at is not None and at < request.expires_at else None

    # --- A consent stands ------------------------------------------------------------------------

    def _confirmed(
        self, due: Due, programme_id: ProgrammeId, standing: Standing, consent: Consent
    ) -> Done:
        now, programme = self.clock.now(), self._programme(programme_id)
        if programme is None or programme.terms.reconfirm_after_days is None:
            return self._later(due, now + _PASS_BY)
        after = timedelta(days=programme.terms.reconfirm_after_days)
        if consent.at + after > now:
            return self._later(due, consent.at + after)
        line = self.lapsing.line(due.subscriber_key, programme_id)
        if line is None:
            return self._over(due)
        return self._asked(due, programme, line, after) or self._ask_anew(
            due, programme, standing, line
        )

    def _asked(self, due: Due, programme: Programme, line: Line, after: timedelta) -> Done | None:
        """Deal with a consent that was asked for anew before; None: it is time to ask again."""
        now = self.clock.now()
        if line.requested_at is None:
            return None
        if line.is_open(now):
            return self._later(due, line.expires_at or now + _ASK_LATER)
        if programme.terms.expires_on_silence and self._end(due, programme.programme_id):
            return self._over(due, Done.ENDED_BY_SILENCE)
        next_at = line.requested_at + after
        return self._later(due, next_at) if next_at > now else None

    def _end(self, due: Due, programme_id: ProgrammeId) -> bool:
        return self.lapsing.end_unanswered(due.subscriber_key, programme_id)

    def _ask_anew(self, due: Due, programme: Programme, standing: Standing, line: Line) -> Done:
        now, phone, key = self.clock.now(), standing.phone, due.subscriber_key
        if phone is None or line.status is not ConsentStatus.CONFIRMED:
            return self._over(due)
        profile = self.profiles.profile(key)
        at = self._legal(phone, profile, now)
        if at is None or at > now:
            return self._later(due, at or now + _ASK_LATER)
        until = self.lapsing.ask_again(key, programme.programme_id, ANSWER_WITHIN)
        if until is None:
            return self._later(due, now + _ASK_LATER)
        wanted = profile.get("locale")
        locale = chosen_locale(wanted if isinstance(wanted, str) else None, programme.locales)
        asking = self._asking(SystemText.RECONFIRMATION, programme, locale)
        epoch = standing.consents[programme.programme_id].epoch
        self._text(key, phone, asking, (epoch, until))
        return self._later(due, until, Done.ASKED_ANEW)

    # --- Both ------------------------------------------------------------------------------------

    def _asking(self, kind: SystemText, programme: Programme, locale: str) -> Asking:
        return Asking(kind, locale, programme, self.brand, self.support_contact, self.site)

    def _text(
        self, key: SubscriberKey, phone: PhoneNumber, asking: Asking, link: tuple[int, datetime]
    ) -> Outcome:
        """Send a text that was claimed, once, and record and return its fate; its link is good for
        this epoch until that instant."""
        programme_id, kind = asking.programme.programme_id, asking.kind
        wording = asking.worded(lambda: self.links.confirm(key, programme_id, *link))
        text = OneText(
            key, phone, wording.body, Purpose(kind.value), programme_id, secrets=wording.secrets
        )
        try:
            row = self.messenger.send(text)
        except TryAgainError:
            outcome, provider_id = Outcome.THROTTLED, None
        else:
            outcome, provider_id = row.outcome, row.provider_message_id
        self.lapsing.texted(
            key,
            programme_id,
            facts={"outcome": outcome.value, "kind": kind.value},
            evidence={"text": text.kept, "provider_message_id": provider_id},
        )
        return outcome

    def _legal(
        self, phone: PhoneNumber, profile: Mapping[str, object], earliest: datetime
    ) -> datetime | None:
        return next_legal_instant(whereabouts(phone, phone.country, profile), earliest).at

    def _programme(self, programme_id: ProgrammeId) -> Programme | None:
        try:
            return self.programmes.programme(programme_id)
        except ProgrammeNotFoundError:
            return None

    def _later(self, due: Due, at: datetime, done: Done = Done.WAITS) -> Done:
        self.agenda.move(due, at)
        return done

    def _over(self, due: Due, done: Done = Done.OVER) -> Done:
        self.agenda.drop(due)
        return done

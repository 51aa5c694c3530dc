"""What happens when somebody texts us.

A wish to stop is recorded before anything is answered; every reply is short, neutral, at most once
per message, and capped per day, so that two machines cannot talk to each other for ever.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.consent.attribution import answered_campaign
from assent.consent.events import Source
from assent.consent.policy import OptInReason
from assent.errors import TryAgainError
from assent.inbound.inbox import Box, InboxItem, item_id_of
from assent.inbound.keywords import Action, classify
from assent.inbound.own_words import own_word
from assent.messages.ledger import Outcome, Purpose
from assent.messages.messenger import OneText
from assent.programmes.texts import SystemText, brand_wide, system_text

if TYPE_CHECKING:
    from assent.abuse.guard import Conversions
    from assent.clock import Clock
    from assent.consent.attribution import OptOutCounts
    from assent.consent.model import ConsentStore, PhoneKeys
    from assent.consent.outcomes import StartOutcome
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.inbound.inbox import InboxStore
    from assent.inbound.keywords import Reading
    from assent.inbound.message import InboundSms
    from assent.inbound.own_words import OwnWord, TextToJoin
    from assent.inbound.reply_links import ReplyLinks
    from assent.messages.messenger import Messenger
    from assent.phone import PhoneNumber
    from assent.programmes.linked_texts import LinkedText
    from assent.programmes.model import Programme, ProgrammeStore

MAX_REPLIES_PER_DAY = 10
_DAY = timedelta(hours=24)
_REPLIES = (Purpose.CONFIRMED_REPLY, Purpose.OPT_OUT_REPLY, Purpose.HELP_REPLY)


@dataclass(frozen=True, slots=True)
class InboundOutcome:
    """How a text was read, what came of it, and whether it was answered."""

    action: Action
    reason: str
    replied: bool = False


@dataclass(frozen=True, slots=True)
class _Heard:
    """One text from a phone, with all that acting on it needs."""

    sms: InboundSms
    phone: PhoneNumber
    subscriber_key: SubscriberKey
    reading: Reading
    programmes: tuple[Programme, ...]
    own: OwnWord | None = None

    @property
    def dedupe_key(self) -> str:
        return f"inbound#{self.sms.inbound_message_id}"

    def evidence(self) -> dict[str, str | int | bool | None]:
        return {
            "reply": self.sms.body,
            "inbound_message_id": self.sms.inbound_message_id,
            "sent_to": self.sms.to,
            "answers": self.sms.answers,
            "matched": self.reading.keyword,
            "tier": self.reading.tier.value,
        }


@dataclass(frozen=True, slots=True)
class InboundService:
    """Acts on texts from phones; safe to call again with the same one."""

    consent: ConsentService
    store: ConsentStore
    keys: PhoneKeys
    programmes: ProgrammeStore
    messenger: Messenger
    inbox: InboxStore
    clock: Clock
    brand: str
    support_contact: str
    conversions: Conversions
    joins: TextToJoin | None = None
    reply_links: ReplyLinks | None = None
    opt_out_counts: OptOutCounts | None = None

    def receive(self, sms: InboundSms) -> InboundOutcome:
        """Record what `sms` asks for, then answer it where an answer is due."""
        phone = sms.from_phone
        reading = classify(sms.body, phone.country if phone else None)
        if phone is None:
            return self._from_no_phone(sms, reading)
        if phone.is_spelled(sms.to):
            return InboundOutcome(reading.action, "own_number")
        programmes = tuple(self.programmes.programmes())
        own = own_word(sms.body, programmes) if reading.action is Action.FEEDBACK else None
        heard = _Heard(sms, phone, self.keys.key_of(phone), reading, programmes, own)
        if own is not None:
            return self._join(heard) if own.is_join else self._yes(heard)
        acts = {
            Action.OPT_OUT: self._stop,
            Action.OPT_IN: self._start,
            Action.CONFIRM: self._yes,
            Action.HELP: self._help,
            Action.REVIEW: self._review,
            Action.FEEDBACK: self._feedback,
        }
        return acts[reading.action](heard)

    def _stop(self, heard: _Heard) -> InboundOutcome:
        outcome = self.consent.stop(
            heard.subscriber_key,
            heard.phone,
            heard.sms.at,
            heard.evidence(),
            heard.dedupe_key,
            Source.INBOUND_SMS,
        )
        if outcome.is_repeat:
            return InboundOutcome(Action.OPT_OUT, "repeat")
        if outcome.superseded:
            return InboundOutcome(Action.OPT_OUT, "later_start")
        if not outcome.first:
            return InboundOutcome(Action.OPT_OUT, "already_stopped")
        self._count_opt_out(heard)
        replied = self._reply(heard, SystemText.OPTED_OUT, Purpose.OPT_OUT_REPLY)
        return InboundOutcome(Action.OPT_OUT, "stopped", replied)

    def _count_opt_out(self, heard: _Heard) -> None:
        """Tell the campaign that the person answers. A count that is lost stops nobody's stop."""
        standing = self.store.standing(heard.subscriber_key)
        campaign_id = answered_campaign(standing, self.clock.now())
        if self.opt_out_counts is not None and campaign_id is not None:
            with suppress(TryAgainError):
                self.opt_out_counts.count(campaign_id)

    def _start(self, heard: _Heard) -> InboundOutcome:
        outcome = self.consent.start(
            heard.subscriber_key,
            heard.phone,
            heard.sms.at,
            heard.evidence(),
            heard.dedupe_key,
            self._answered(heard),
        )
        if outcome.reason is None:
            return InboundOutcome(Action.OPT_IN, "repeat")
        if outcome.reason is OptInReason.OLDER_THAN_OPT_OUT:
            return InboundOutcome(Action.OPT_IN, outcome.reason.value)
        return InboundOutcome(Action.OPT_IN, outcome.reason.value, self._welcome(heard, outcome))

    def _yes(self, heard: _Heard) -> InboundOutcome:
        outcome = self.consent.yes(
            heard.subscriber_key,
            heard.phone,
            heard.sms.at,
            heard.evidence(),
            heard.dedupe_key,
            self._answered(heard),
        )
        if outcome.reason is None:
            return InboundOutcome(Action.CONFIRM, "repeat")
        if outcome.reason in (OptInReason.NOTHING_OPEN, OptInReason.OLDER_THAN_OPT_OUT):
            kept = self._keep(heard, Box.FEEDBACK, outcome.reason.value)
            return InboundOutcome(Action.CONFIRM, kept.reason)
        return InboundOutcome(Action.CONFIRM, outcome.reason.value, self._welcome(heard, outcome))

    def _join(self, heard: _Heard) -> InboundOutcome:
        """A word to join asks for consent, as the form does; the confirmation text follows."""
        if self.joins is None or heard.own is None or heard.own.programme is None:
            return self._feedback(heard)
        self.joins.by_text(
            heard.own.programme, heard.phone, heard.sms.inbound_message_id, heard.evidence()
        )
        return InboundOutcome(Action.OPT_IN, "asked_to_join")

    def _help(self, heard: _Heard) -> InboundOutcome:
        """Answer in any state. The inbox entry is what makes a second delivery a repeat."""
        if not self.inbox.put(_item(heard, Box.HELP, "help")):
            return InboundOutcome(Action.HELP, "repeat")
        programme = self._programme_of(heard)
        replied = self._reply(heard, SystemText.HELP, Purpose.HELP_REPLY, programme)
        return InboundOutcome(Action.HELP, "help", replied)

    def _review(self, heard: _Heard) -> InboundOutcome:
        """Rest marketing first, so that a crash before the inbox entry rests too long, not less;
        and once more after it, in case an earlier text was let go of between the two."""
        known = self.inbox.find(item_id_of(heard.sms.inbound_message_id))
        if known is not None and known.box is Box.DONE:
            return InboundOutcome(Action.REVIEW, "repeat")
        self._hold(heard, heard.dedupe_key)
        kept = self._keep(heard, Box.REVIEW, "may_be_opt_out")
        self._hold(heard, f"{heard.dedupe_key}#landed")
        return kept

    def _hold(self, heard: _Heard, dedupe_key: str) -> None:
        self.consent.hold(
            heard.subscriber_key, heard.phone, "ambiguous_reply", heard.evidence(), dedupe_key
        )

    def _feedback(self, heard: _Heard) -> InboundOutcome:
        return self._keep(heard, Box.FEEDBACK, "feedback")

    def _keep(self, heard: _Heard, box: Box, reason: str) -> InboundOutcome:
        is_new = self.inbox.put(_item(heard, box, reason))
        return InboundOutcome(heard.reading.action, reason if is_new else "repeat")

    def _from_no_phone(self, sms: InboundSms, reading: Reading) -> InboundOutcome:
        """A short code or a name: kept to be read, never answered."""
        item = InboxItem(
            item_id_of(sms.inbound_message_id),
            Box.REVIEW if reading.action in (Action.OPT_OUT, Action.REVIEW) else Box.FEEDBACK,
            None,
            sms.body,
            sms.at,
            "sender_is_no_phone",
            sms.answers,
        )
        self.inbox.put(item)
        return InboundOutcome(reading.action, "sender_is_no_phone")

    def _answered(self, heard: _Heard) -> ProgrammeId | None:
        """Return the programme of the text that this one answers, where the carrier tells."""
        if heard.own is not None and heard.own.programme is not None:
            return heard.own.programme.programme_id
        if heard.sms.answers is None:
            return None
        rows, _ = self.messenger.ledger.of_subscriber(heard.subscriber_key, limit=20)
        answered = (row for row in rows if row.provider_message_id == heard.sms.answers)
        return next((row.programme_id for row in answered), None)

    def _welcome(self, heard: _Heard, outcome: StartOutcome) -> bool:
        if outcome.reason is OptInReason.CONFIRMED:
            self.conversions.confirmed(heard.phone)
        known = {programme.programme_id: programme for programme in heard.programmes}
        confirmed = [known[name] for name in outcome.confirmed if name in known]
        if not confirmed and outcome.reason is OptInReason.ALREADY_ACTIVE:
            mine = self._programme_of(heard)
            confirmed = [mine] if mine else []
        if not confirmed:
            return self._reply(heard, SystemText.START_WITHOUT_REQUEST, Purpose.CONFIRMED_REPLY)
        if len(confirmed) == 1:
            return self._reply(heard, SystemText.CONFIRMED, Purpose.CONFIRMED_REPLY, confirmed[0])
        return self._reply(heard, SystemText.RESTARTED, Purpose.CONFIRMED_REPLY)

    def _programme_of(self, heard: _Heard) -> Programme | None:
        """Return the first programme that this number is confirmed to."""
        standing = self.store.standing(heard.subscriber_key)
        if standing is None or standing.stopped_at is not None:
            return None
        mine = (p for p in heard.programmes if standing.status_of(p.programme_id) == "confirmed")
        return next(mine, None)

    def _reply(
        self,
        heard: _Heard,
        kind: SystemText,
        purpose: Purpose,
        programme: Programme | None = None,
    ) -> bool:
        """Answer once, within the day's cap; return whether it was handed to the carrier.

        A busy sender does not fail the message: what it asked for stands already.
        """
        if self._replies_today(heard.subscriber_key) >= MAX_REPLIES_PER_DAY:
            return False
        brand = programme.brand if programme else self.brand
        words = programme or brand_wide(heard.programmes, kind)
        locale, programme_id = self._locale(heard), programme.programme_id if programme else None
        try:
            linked = self._linked(heard, kind, locale, programme)
            body = (
                linked.body
                if linked
                else system_text(kind, locale, words, brand, self.support_contact)
            )
            secrets = (linked.token,) if linked else ()
            row = self.messenger.send(
                OneText(heard.subscriber_key, heard.phone, body, purpose, programme_id, secrets)
            )
        except TryAgainError:
            return False
        return row.outcome is Outcome.SENT

    def _linked(
        self, heard: _Heard, kind: SystemText, locale: str, programme: Programme | None
    ) -> LinkedText | None:
        if programme is None or self.reply_links is None:
            return None
        standing = self.store.standing(heard.subscriber_key)
        return self.reply_links.worded(kind, locale, programme, standing)

    def _replies_today(self, subscriber_key: SubscriberKey) -> int:
        since = self.clock.now() - _DAY
        rows, _ = self.messenger.ledger.of_subscriber(subscriber_key, limit=50)
        return sum(row.claimed_at >= since and row.purpose in _REPLIES for row in rows)

    def _locale(self, heard: _Heard) -> str:
        """Return the language of the keyword, else the one in which the person signed up."""
        if heard.reading.language != "en":
            return heard.reading.language
        names = sorted(programme.programme_id for programme in heard.programmes)
        requests = self.store.open_requests(heard.subscriber_key, names)
        newest = max(requests, key=lambda request: request.requested_at, default=None)
        return newest.locale if newest else heard.reading.language


def _item(heard: _Heard, box: Box, reason: str) -> InboxItem:
    return InboxItem(
        item_id_of(heard.sms.inbound_message_id),
        box,
        heard.subscriber_key,
        heard.sms.body,
        heard.sms.at,
        reason,
        heard.sms.answers,
    )

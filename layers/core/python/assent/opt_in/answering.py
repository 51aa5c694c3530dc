"""Acts on a sign-up that was taken in: records it, and answers it by at most one text.

The record comes first and is made once per sign-up, so a sign-up that is handed over twice is
texted once; a crash between record and text leaves one text too few, and the person asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.abuse.guard import Withheld
from assent.clock import iso
from assent.consent.outcomes import SignUp
from assent.errors import TryAgainError
from assent.messages.ledger import Outcome, Purpose
from assent.messages.messenger import OneText
from assent.opt_in.lifecycle import REMIND_AFTER
from assent.opt_in.sign_ups import code_hash
from assent.opt_in.wording import Asking
from assent.programmes.texts import SystemText

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.abuse.guard import TextGuard
    from assent.clock import Clock
    from assent.consent.model import PhoneKeys
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey
    from assent.links.service import Links
    from assent.messages.messenger import Messenger
    from assent.opt_in.sign_ups import AskedSignUp
    from assent.opt_in.wording import Wording
    from assent.programmes.model import Programme, ProgrammeStore

# A text that nobody waits for any more would come out of the blue.
ANSWERED_WITHIN = timedelta(hours=1)
_NOT_SENT = (Outcome.THROTTLED, Outcome.ABORTED)
_SLOTS_ASKED_FOR = 5
_TEXT_PURPOSE = "confirmation_text"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a sign-up: `reason` as recorded, or why nothing is. `withheld` names the limit
    that was met, `breaker_opened` says that it was just now."""

    reason: str
    was_texted: bool = False
    withheld: Withheld | None = None
    breaker_opened: bool = False


class _Permit:
    """Asks for the leave to text when it is needed, and remembers what was said."""

    def __init__(self, ask: Callable[[], tuple[Withheld | None, bool]]) -> None:
        self._ask = ask
        self.withheld: Withheld | None = None
        self.opened = False

    def limit_met(self) -> str | None:
        """Return the name of the limit that forbids the text."""
        self.withheld, self.opened = self._ask()
        return self.withheld.value if self.withheld else None


@dataclass(frozen=True, slots=True)
class Answering:
    """`allowed_countries` is the deployment's list, beside the programme's."""

    programmes: ProgrammeStore
    consent: ConsentService
    keys: PhoneKeys
    messenger: Messenger
    guard: TextGuard
    clock: Clock
    brand: str
    support_contact: str
    allowed_countries: tuple[str, ...]
    links: Links

    def answer(self, asked: AskedSignUp) -> Answered:
        """Record the sign-up and text its confirmation, or record why not; safe to call again.

        Raises TryAgainError: then hand it over again.
        """
        if asked.is_bot:
            return Answered("honeypot")
        if self.consent.store.is_applied(_dedupe_key(asked)):
            return Answered("repeat")
        key = self.keys.key_of(asked.phone)
        if not self.guard.is_number_worn(key):
            return self._ask(asked, key, _Permit(lambda: self._may_text(asked)))
        if not self.guard.is_first_word_of_it(key):
            return Answered("limit_met", withheld=Withheld.NUMBER)
        return self._ask(asked, key, _Permit(lambda: (Withheld.NUMBER, False)))

    def _may_text(self, asked: AskedSignUp) -> tuple[Withheld | None, bool]:
        if self.clock.now() - asked.asked_at > ANSWERED_WITHIN:
            return Withheld.TOO_LATE, False
        verdict = self.guard.may_text(asked.phone, has_token=asked.has_token)
        return verdict.withheld, verdict.opened

    def _ask(self, asked: AskedSignUp, key: SubscriberKey, permit: _Permit) -> Answered:
        programme = self.programmes.programme(asked.programme_id)
        code = self.consent.ids.code()
        sign_up = self._sign_up(asked, key, programme, code)
        outcome = self.consent.request(sign_up, permit.limit_met)
        if outcome.decision is None:
            return Answered("repeat")
        reason = outcome.decision.reason.value
        if not outcome.decision.send_confirmation:
            return Answered(reason, withheld=permit.withheld, breaker_opened=permit.opened)
        wording = self._wording(asked, key, programme, code, outcome.epoch)
        was_texted = self._text(asked, key, programme, wording)
        return Answered(reason, was_texted, breaker_opened=permit.opened)

    def _sign_up(
        self, asked: AskedSignUp, key: SubscriberKey, programme: Programme, code: str
    ) -> SignUp:
        country = asked.phone.country
        return SignUp(
            subscriber_key=key,
            phone=asked.phone,
            programme_id=programme.programme_id,
            locale=asked.locale,
            code_hash=code_hash(self.keys, key, programme.programme_id, code),
            is_country_served=country in programme.countries and country in self.allowed_countries,
            facts={**asked.facts, "asked_at": iso(asked.asked_at)},
            evidence=asked.evidence,
            profile=asked.profile,
            dedupe_key=_dedupe_key(asked),
            source=asked.source,
            pending_for=programme.terms.pending_for,
            remind_after=REMIND_AFTER if programme.terms.sends_reminder else None,
        )

    def _wording(
        self, asked: AskedSignUp, key: SubscriberKey, programme: Programme, code: str, epoch: int
    ) -> Wording:
        asking = Asking(
            SystemText.CONFIRMATION,
            asked.locale,
            programme,
            self.brand,
            self.support_contact,
            asked.site,
            code,
        )
        until = self.clock.now() + programme.terms.pending_for
        return asking.worded(lambda: self.links.confirm(key, programme.programme_id, epoch, until))

    def _text(
        self, asked: AskedSignUp, key: SubscriberKey, programme: Programme, wording: Wording
    ) -> bool:
        """Send the confirmation and record it as sent, what is secret blotted out: the code's keyed
        hash and the one of the whole text are enough to prove what was sent."""
        body, purpose = wording.body, Purpose.CONFIRMATION
        text = OneText(
            key, asked.phone, body, purpose, programme.programme_id, secrets=wording.secrets
        )
        outcome, provider_id = self._send(text)
        self.consent.texted(
            key,
            programme.programme_id,
            facts={"outcome": outcome.value},
            evidence={
                "text": text.kept,
                "text_mac": self.keys.mac(_TEXT_PURPOSE, body),
                "provider_message_id": provider_id,
            },
            was_sent=outcome not in _NOT_SENT,
        )
        return outcome is Outcome.SENT

    def _send(self, text: OneText) -> tuple[Outcome, str | None]:
        """Send once; wait for a slot for as long as the person would."""
        for _ in range(_SLOTS_ASKED_FOR):
            try:
                row = self.messenger.send(text)
            except TryAgainError:
                continue
            return row.outcome, row.provider_message_id
        return Outcome.THROTTLED, None


def _dedupe_key(asked: AskedSignUp) -> str:
    return f"sign_up#{asked.sign_up_id}"

"""A form asks for consent, and a code typed into it gives consent.

Whoever asks for whichever number hears the same: what is known of a number is never told.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.consent.outcomes import SignUp
from assent.consent.policy import ConfirmReason, decide_confirm
from assent.errors import (
    ChangedMeanwhileError,
    ConsentNotGivenError,
    DisclosureNotFoundError,
    InvalidPhoneError,
    TryAgainError,
    UnknownDisclosureError,
    WrongCodeError,
)
from assent.messages.ledger import Outcome, Purpose
from assent.messages.messenger import OneText
from assent.opt_in.form_token import FormTokens
from assent.phone import PhoneNumber
from assent.programmes.texts import SystemText, chosen_locale, system_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.clock import Clock
    from assent.consent.model import ConsentStore, OpenRequest, PhoneKeys
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.messages.messenger import Messenger
    from assent.programmes.model import Disclosure, Programme, ProgrammeStore

_CODE_PURPOSE = "confirmation_code"
_NOT_SENT = (Outcome.THROTTLED, Outcome.ABORTED)
_MAX_RACES = 5


@dataclass(frozen=True, slots=True, repr=False)
class OptInForm:
    """A sign-up as it was sent. `phone_raw` is as typed, to be read as dialled in `country`;
    `honeypot` is a field that people do not see; `ip` and `user_agent` are as the edge saw them."""

    programme_id: ProgrammeId
    phone_raw: str
    country: str | None
    consent: bool
    disclosure_version: int
    locale: str | None = None
    page_url: str | None = None
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    form_token: str | None = None
    honeypot: str = ""
    ip: str | None = None
    user_agent: str | None = None

    def __repr__(self) -> str:
        return f"OptInForm({self.programme_id})"


@dataclass(frozen=True, slots=True)
class OptInService:
    """The public's two acts. `allowed_countries` is the deployment's list, beside the
    programme's; `min_fill` is the least time that a person needs for a form with a token."""

    programmes: ProgrammeStore
    consent: ConsentService
    store: ConsentStore
    keys: PhoneKeys
    messenger: Messenger
    clock: Clock
    brand: str
    support_contact: str
    allowed_countries: tuple[str, ...]
    min_fill: timedelta = timedelta(0)

    def request(self, form: OptInForm) -> None:
        """Record the request and text its confirmation, or quietly do not.

        Raises only for what the form itself shows: InvalidPhoneError, ConsentNotGivenError,
        UnknownDisclosureError, ProgrammeNotFoundError, InvalidFormTokenError.
        """
        programme = self.programmes.programme(form.programme_id)
        if not form.consent:
            raise ConsentNotGivenError("Tick the box to agree.", field="consent")
        phone = PhoneNumber.parse(form.phone_raw, form.country)
        disclosure = self._disclosure(form, programme)
        if form.honeypot:
            return
        if form.form_token is not None:
            tokens = FormTokens(self.keys, self.clock, self.min_fill)
            tokens.verify(form.form_token, programme.programme_id)
        self._ask(form, programme, phone, disclosure)

    def confirm_code(
        self, programme_id: ProgrammeId, phone_raw: str, code: str, country: str | None = None
    ) -> None:
        """Confirm the open request by the code from its text.

        Raises WrongCodeError, always the same, whatever is wrong. An attempt is spent before the
        code is compared, so that guesses made at once count one by one.
        """
        try:
            phone = PhoneNumber.parse(phone_raw, country)
        except InvalidPhoneError:
            raise _wrong() from None
        key = self.keys.key_of(phone)
        given = self._code_hash(key, programme_id, code.strip())
        request = self._spend_attempt(key, programme_id)
        if request is None or not hmac.compare_digest(given, request.code_hash):
            raise _wrong()
        outcome = self.consent.confirm(
            key, programme_id, Source.CODE, {"entered": "code"}, None, self.clock.now()
        )
        if not outcome.is_confirmed:
            raise _wrong()

    def _ask(
        self, form: OptInForm, programme: Programme, phone: PhoneNumber, disclosure: Disclosure
    ) -> None:
        key, code = self.keys.key_of(phone), self.consent.ids.code()
        locale = chosen_locale(form.locale, programme.locales)
        outcome = self.consent.request(
            SignUp(
                subscriber_key=key,
                phone=phone,
                programme_id=programme.programme_id,
                locale=locale,
                code_hash=self._code_hash(key, programme.programme_id, code),
                is_country_served=phone.country in programme.countries
                and phone.country in self.allowed_countries,
                facts={
                    "disclosure_version": disclosure.version,
                    "disclosure_digest": disclosure.digest,
                    "disclosure_locale": disclosure.locale,
                    "programme_version": programme.version,
                },
                evidence={
                    "phone_as_typed": form.phone_raw,
                    "country_chosen": form.country,
                    "box_ticked": form.consent,
                    "page_url": form.page_url,
                    "ip": form.ip,
                    "user_agent": form.user_agent,
                },
                profile=form.profile,
            )
        )
        if outcome.decision and outcome.decision.send_confirmation:
            brand = programme.brand or self.brand
            text = (SystemText.CONFIRMATION, locale, programme, brand, self.support_contact, code)
            body = system_text(*text)
            self._text(
                OneText(key, phone, body, Purpose.CONFIRMATION, programme.programme_id), programme
            )

    def _text(self, text: OneText, programme: Programme) -> None:
        """Send the confirmation and record it as sent; a busy sender is no news to the asker."""
        try:
            row = self.messenger.send(text)
        except TryAgainError:
            outcome, provider_id = Outcome.THROTTLED, None
        else:
            outcome, provider_id = row.outcome, row.provider_message_id
        self.consent.texted(
            text.subscriber_key,
            programme.programme_id,
            facts={"outcome": outcome.value},
            evidence={"text": text.body, "provider_message_id": provider_id},
            was_sent=outcome not in _NOT_SENT,
        )

    def _disclosure(self, form: OptInForm, programme: Programme) -> Disclosure:
        """Return the wording of this version in the locale shown, which is the nearest one."""
        wanted = [form.locale, form.locale.split("-")[0]] if form.locale else []
        for locale in (*wanted, *programme.locales):
            try:
                return self.programmes.disclosure(
                    programme.programme_id, locale, form.disclosure_version
                )
            except DisclosureNotFoundError:
                continue
        message = "Load the form again: its wording is not a published one."
        raise UnknownDisclosureError(message, field="disclosure_version")

    def _spend_attempt(self, key: SubscriberKey, programme_id: ProgrammeId) -> OpenRequest | None:
        """Return the request that a code may confirm, one attempt poorer; None if there is none."""
        for _ in range(_MAX_RACES):
            standing = self.store.standing(key)
            request = self.store.open_request(key, programme_id)
            reason = decide_confirm(standing, request, programme_id, self.clock.now())
            if (
                reason is not ConfirmReason.CONFIRMED
                or request is None
                or not request.attempts_left
            ):
                return None
            left = request.attempts_left
            spent = replace(request, attempts_left=left - 1)
            try:
                self.store.save_request(spent, expected_attempts_left=left)
            except ChangedMeanwhileError:
                continue
            return spent
        return None

    def _code_hash(self, key: SubscriberKey, programme_id: ProgrammeId, code: str) -> str:
        return self.keys.mac(_CODE_PURPOSE, f"{key}|{programme_id}|{code}")


def _wrong() -> WrongCodeError:
    return WrongCodeError("This code does not confirm anything. Ask for a new text.", field="code")

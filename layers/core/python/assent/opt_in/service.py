"""A form asks for consent, and a code typed into it gives consent.

Whoever asks for whichever number hears the same after the same work: at this door nothing that is
known of a number is read, let alone told. What follows from a sign-up is done in `answering`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.consent.policy import ConfirmReason, decide_confirm
from assent.errors import (
    ChangedMeanwhileError,
    ConsentNotGivenError,
    DisclosureNotFoundError,
    InvalidPhoneError,
    UnknownDisclosureError,
    WrongCodeError,
)
from assent.opt_in.sign_ups import AskedSignUp, code_hash
from assent.phone import PhoneNumber
from assent.programmes.texts import chosen_locale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.abuse.guard import Conversions, Door
    from assent.clock import Clock
    from assent.consent.model import ConsentStore, OpenRequest, PhoneKeys
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.opt_in.form_token import FormTokens, ShownForm
    from assent.opt_in.sign_ups import SignUpQueue
    from assent.programmes.model import Disclosure, Programme, ProgrammeStore

_MAX_RACES = 5


@dataclass(frozen=True, slots=True, repr=False)
class OptInForm:
    """A sign-up as it was sent. `phone_raw` is as typed, to be read as dialled in `country`;
    `honeypot` is a field that people do not see; `ip` and `user_agent` are as the edge saw them;
    `site` is where people find their pages."""

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
    site: str | None = None

    def __repr__(self) -> str:
        return f"OptInForm({self.programme_id})"


@dataclass(frozen=True, slots=True)
class OptInService:
    """The public's two acts."""

    programmes: ProgrammeStore
    consent: ConsentService
    store: ConsentStore
    keys: PhoneKeys
    tokens: FormTokens
    door: Door
    queue: SignUpQueue
    conversions: Conversions
    clock: Clock

    def request(self, form: OptInForm) -> None:
        """Take the sign-up in; a text follows, or quietly does not.

        Raises only for what the form itself shows: InvalidPhoneError, ConsentNotGivenError,
        UnknownDisclosureError, ProgrammeNotFoundError, InvalidFormTokenError; and
        TooManyRequestsError for its address, its block of numbers and the total, which depend on
        nobody. A form that is refused keeps its token, save one that was used before.
        """
        programme = self.programmes.programme(form.programme_id)
        if not form.consent:
            raise ConsentNotGivenError("Tick the box to agree.", field="consent")
        phone = PhoneNumber.parse(form.phone_raw, form.country)
        disclosure = self._disclosure(form, programme)
        shown = self._shown(form)
        has_token = shown is not None and shown.is_filled_by_hand
        self.door.pass_in(form.ip or "", phone, has_token=has_token)
        if shown is not None:
            self.tokens.use_up(shown)
        self.queue.put(
            AskedSignUp(
                sign_up_id=self.consent.ids.new("s"),
                programme_id=programme.programme_id,
                phone=phone,
                locale=chosen_locale(form.locale, programme.locales),
                asked_at=self.clock.now(),
                has_token=has_token,
                is_bot=bool(form.honeypot),
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
                site=form.site,
            )
        )

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
        given = code_hash(self.keys, key, programme_id, code.strip())
        request = self._spend_attempt(key, programme_id)
        if request is None or not hmac.compare_digest(given, request.code_hash):
            raise _wrong()
        outcome = self.consent.confirm(
            key, programme_id, Source.CODE, {"entered": "code"}, None, self.clock.now()
        )
        if not outcome.is_confirmed:
            raise _wrong()
        if outcome.reason is ConfirmReason.CONFIRMED:
            self.conversions.confirmed(phone)

    def _shown(self, form: OptInForm) -> ShownForm | None:
        if form.form_token is None:
            return None
        return self.tokens.read(form.form_token, form.programme_id)

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


def _wrong() -> WrongCodeError:
    return WrongCodeError("This code does not confirm anything. Ask for a new text.", field="code")

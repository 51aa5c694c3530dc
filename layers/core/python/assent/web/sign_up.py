"""`/s/{programme_id}`: a programme's own sign-up page, open to everybody, carriers included.

It is a plain form, which works where no script may run. What it asks, shows and keeps is what the
API does; of a number it tells nothing that the API would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.dialling import dialling
from assent.errors import (
    ConsentNotGivenError,
    InputError,
    InvalidFormTokenError,
    InvalidPhoneError,
    UnknownDisclosureError,
    WrongCodeError,
)
from assent.opt_in.service import OptInForm
from assent.programmes.disclosure import nearest
from assent.telemetry import count, record
from assent.web.countries import country_name
from assent.web.pages import Page, notice
from assent.web.qr import qr_svg
from assent.web.site import asked_languages
from assent.web.widget import PHONE_REASONS
from assent.web.words import Words, language_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.opt_in.form_token import FormTokens
    from assent.opt_in.service import OptInService
    from assent.programmes.model import Disclosure, Programme, ProgrammeStore
    from assent.web.requests import PageRequest

_UNUSABLE = 422
_LONGEST_SHOWN = 64
_VERSION_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SignUpDoor:
    """A `Door`. `sender` is the number that texts leave from, and that a word can be texted to."""

    programmes: ProgrammeStore
    opt_in: OptInService
    form_tokens: FormTokens
    sender: str

    def show(self, request: PageRequest) -> Page:
        return self._ask(request, self._offer(request), {})

    def act(self, request: PageRequest) -> Page:
        offer = self._offer(request)
        return (self._confirm if request.one("action") == "confirm" else self._take)(request, offer)

    def _offer(self, request: PageRequest) -> Offer:
        programme = self.programmes.programme(request.programme_id)
        disclosures = self.programmes.latest_disclosures(programme.programme_id)
        asked = [request.query.get("lang"), *asked_languages(request.accept_language)]
        wanted = next((each for each in asked if each), None)
        shown = nearest(disclosures, wanted, programme.locales)
        return Offer(programme, shown, Words(language_of([*asked, *programme.locales])))

    def _take(self, request: PageRequest, offer: Offer) -> Page:
        try:
            self.opt_in.request(_form(request, offer))
        except InvalidFormTokenError:
            return self._ask(request, offer, {"main": offer.words("signup_again")})
        except (InvalidPhoneError, ConsentNotGivenError, UnknownDisclosureError) as error:
            return self._ask(request, offer, _errors(error, offer.words))
        count("OptInRequested")
        record("opt_in_requested", {"programme_id": offer.programme.programme_id, "reason": "page"})
        return _sent(request, offer)

    def _confirm(self, request: PageRequest, offer: Offer) -> Page:
        words, programme = offer.words, offer.programme
        phone, country = request.one("phone") or "", request.one("country") or None
        try:
            self.opt_in.confirm_code(
                programme.programme_id, phone, request.one("code") or "", country
            )
        except WrongCodeError:
            return _sent(request, offer, {"code": words("code_wrong")})
        count("ConsentConfirmed")
        facts = {"programme_id": programme.programme_id, "reason": "code"}
        record("consent_confirmed", facts)
        frequency = words.frequency(programme.max_per_month)
        said = words("confirmed_line", programme=programme.name, frequency=frequency)
        lines = said, words("confirmed_stop")
        return notice(words, words("confirmed_title"), *lines, brand=programme.brand, is_good=True)

    def _ask(self, request: PageRequest, offer: Offer, errors: Mapping[str, str]) -> Page:
        programme, words = offer.programme, offer.words
        address = f"{request.site}/s/{programme.programme_id}"
        values = {
            "title": words("signup_title", brand=programme.brand),
            "brand": programme.brand,
            "programme": programme,
            "disclosure": offer.disclosure,
            "countries": _countries(programme, words),
            "country": request.one("country") or _home(request, programme),
            "phone": (request.one("phone") or "")[:_LONGEST_SHOWN],
            # A form that was refused keeps its token; one sent before needs a new one.
            "form_token": self.form_tokens.issue(programme.programme_id)
            if "main" in errors or not request.one("form_token")
            else request.one("form_token"),
            "errors": errors,
            "by_text": self._by_text(programme),
            "qr": qr_svg(address, words("scan")),
        }
        return Page("sign_up.html", words, values, _UNUSABLE if errors else 200)

    def _by_text(self, programme: Programme) -> Mapping[str, str] | None:
        """Return the word to text, where to and a link that does both; None where there is none: a
        sender of letters hears nobody."""
        if not programme.terms.join_words or not self.sender.startswith("+"):
            return None
        word = programme.terms.join_words[0].upper()
        # `?&` is read by iPhones and Androids alike; RFC 5724 itself knows only the question mark.
        return {"word": word, "number": self.sender, "link": f"sms:{self.sender}?&body={word}"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme with the wording and the words that this visitor is shown."""

    programme: Programme
    disclosure: Disclosure
    words: Words


def _sent(request: PageRequest, offer: Offer, errors: Mapping[str, str] | None = None) -> Page:
    words = offer.words
    values = {
        "title": words("sent_title"),
        "brand": offer.programme.brand,
        "phone": (request.one("phone") or "")[:_LONGEST_SHOWN],
        "country": request.one("country") or "",
        "programme": offer.programme,
        "errors": errors or {},
    }
    return Page("sign_up_sent.html", words, values, _UNUSABLE if errors else 200)


def _form(request: PageRequest, offer: Offer) -> OptInForm:
    programme_id = offer.programme.programme_id
    version = request.one("disclosure_version") or ""
    return OptInForm(
        programme_id=programme_id,
        phone_raw=request.one("phone") or "",
        country=request.one("country") or None,
        consent=request.one("consent") == "yes",
        disclosure_version=_number(version),
        locale=request.one("locale"),
        page_url=f"{request.site}/s/{programme_id}",
        form_token=request.one("form_token") or None,
        honeypot=request.one("website") or "",
        ip=request.ip,
        user_agent=request.user_agent,
        site=request.site,
    )


def _number(text: str) -> int:
    """Return a version as it was sent, 0 (which none has) for what is none."""
    return int(text) if text.isdecimal() and len(text) <= _VERSION_DIGITS else 0


def _errors(error: InputError, words: Words) -> Mapping[str, str]:
    if isinstance(error, InvalidPhoneError):
        return {"phone": words(PHONE_REASONS.get(error.reason, "phone_wrong"))}
    if isinstance(error, ConsentNotGivenError):
        return {"consent": words("consent_needed")}
    return {"main": words("signup_again")}


def _countries(programme: Programme, words: Words) -> list[tuple[str, str]]:
    """Return the programme's countries as pairs of code and words, by name."""
    known = [(each, dialling(each)) for each in programme.countries]
    named = [
        (code, f"{country_name(code, words.language)} +{how.code}") for code, how in known if how
    ]
    return sorted(named, key=lambda pair: pair[1])


def _home(request: PageRequest, programme: Programme) -> str:
    """Return the first country that the browser's languages name and the programme texts."""
    regions = [each.strip()[3:5].upper() for each in asked_languages(request.accept_language)]
    return next((each for each in regions if each in programme.countries), programme.countries[0])

"""A phone number as a type that masks itself, and the one canonical spelling of it.

Everything else keys on E.164, so two spellings of one number must never become two people;
the full number leaves this type only through `.e164`, which sender, store and export ask for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from assent.errors import InvalidPhoneError

_MAX_RAW_LENGTH = 40
_SHOWN_DIGITS = 2
_SUBSCRIBER_DIGITS = 4
_LETTERS = re.compile(r"[^\W\d_]")
_E164 = re.compile(r"\+[1-9]\d{6,14}")

# libphonenumber's FAQ: texts reach MOBILE, and FIXED_LINE_OR_MOBILE where a plan has no split.
_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

# Ranges that regulators keep for drama and tests. libphonenumber calls them invalid; they are
# accepted so that a form can be tried in these countries without a stranger's phone ringing.
# Ofcom, "Telephone numbers for use in TV and radio drama"; ARCEP, national numbering plan
# (decision 2018-0881), numbers for audiovisual works.
_RESERVED_FOR_TESTS = re.compile(r"\+447700900\d{3}|\+3363998\d{4}")

# Spellings that a numbering plan has retired; each is one phone with what it became.
# Mexico dropped the 1 after +52 (IFT, plan of 2018, in force 2019-08-03).
# Brazil put a 9 before mobile numbers (Anatel Resolution 553/2010, done by 2016-11-06); eight
# digits that begin with 6, 8 or 9 are nobody else's since. 7 is left alone: trunked radio kept it.
_MEXICO = re.compile(r"\+521(\d{10})")
_BRAZIL = re.compile(r"\+55([1-9]{2})([689]\d{7})")
_MEXICO_NOW = re.compile(r"\+52(\d{10})")
_BRAZIL_NOW = re.compile(r"\+55([1-9]{2})9([689]\d{7})")
# Argentina writes a 9 after +54 before mobile numbers (Resolution SC 46/97), and networks name the
# sender of a text without it. Only where a text came from: as typed, it is a fixed line's number.
_ARGENTINA = re.compile(r"\+54([1-8]\d{9})")
_ARGENTINA_NOW = re.compile(r"\+549([1-8]\d{9})")

_PARSE_REASONS = {
    NumberParseException.INVALID_COUNTRY_CODE: (
        "unknown_country_code",
        "Add the country code, such as +1, or choose a country.",
    ),
    NumberParseException.TOO_LONG: ("too_long", "This number has too many digits."),
    NumberParseException.TOO_SHORT_NSN: ("too_short", "This number has too few digits."),
    NumberParseException.TOO_SHORT_AFTER_IDD: ("too_short", "This number has too few digits."),
    NumberParseException.NOT_A_NUMBER: ("not_a_number", "Enter a phone number in digits."),
}
_LENGTH_REASONS = {
    phonenumbers.ValidationResult.TOO_LONG: _PARSE_REASONS[NumberParseException.TOO_LONG],
    phonenumbers.ValidationResult.TOO_SHORT: _PARSE_REASONS[NumberParseException.TOO_SHORT_NSN],
}


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNumber:
    """One subscriber's number in E.164. `str()` and `repr()` show only its last two digits."""

    e164: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise InvalidPhoneError("not_e164", "A stored number must be in E.164 form.")

    @classmethod
    def parse(cls, raw: str, country: str | None = None) -> PhoneNumber:
        """Return the number that `raw` spells, read as dialled in `country` (ISO 3166 alpha-2).

        Raises InvalidPhoneError with its reason: `empty`, `letters`, `too_short`, `too_long`,
        `not_a_number`, `unknown_country_code`, `not_assigned` or `not_textable`.
        """
        cleaned = _clean(raw)
        number = _parse(cleaned, country)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if _RESERVED_FOR_TESTS.fullmatch(e164):
            return cls(e164)
        if not phonenumbers.is_valid_number(number):
            length = phonenumbers.is_possible_number_with_reason(number)
            raise InvalidPhoneError(
                *_LENGTH_REASONS.get(
                    length, ("not_assigned", "No phone has this number. Check the digits.")
                )
            )
        if phonenumbers.number_type(number) not in _TEXTABLE:
            raise InvalidPhoneError("not_textable", "Enter the number of a mobile phone.")
        return cls(e164)

    @classmethod
    def stored(cls, e164: str) -> PhoneNumber:
        """Return a number that was parsed before it was stored; only its shape is checked."""
        return cls(e164)

    @classmethod
    def from_carrier(cls, raw: str) -> PhoneNumber:
        """Return the number that a carrier names in international form, with or without the plus.

        One that libphonenumber would not text is still a number whose opt-out counts.
        Raises InvalidPhoneError for what is no such number, such as a short code.
        """
        e164 = _spelt_as_mobile(_spelt_as_now("+" + raw.strip().removeprefix("+")))
        try:
            return cls.parse(e164)
        except InvalidPhoneError:
            return cls.stored(e164)

    @property
    def country(self) -> str:
        """The ISO 3166 alpha-2 country; `001` for a network of no country, `ZZ` if unknown."""
        number = phonenumbers.parse(self.e164)
        region = phonenumbers.region_code_for_number(number)
        return region or phonenumbers.region_code_for_country_code(number.country_code or 0)

    @property
    def former(self) -> tuple[PhoneNumber, ...]:
        """The same phone as it was spelt before, or as a carrier may name it: what may have been
        stored under that spelling belongs to this number."""
        retired = (
            _retired(_MEXICO_NOW, r"+521\1", self.e164),
            _retired(_BRAZIL_NOW, r"+55\1\2", self.e164),
            _retired(_ARGENTINA_NOW, r"+54\1", self.e164),
        )
        return tuple(PhoneNumber(e164) for e164 in retired if e164 != self.e164)

    @property
    def prefix(self) -> str:
        """The number less its last four digits: the block that SMS pumping walks through."""
        return self.e164[:-_SUBSCRIBER_DIGITS]

    def is_spelled(self, raw: str) -> bool:
        """Return whether `raw` is this number in E.164, with or without its plus."""
        return self.e164.removeprefix("+") == raw.strip().removeprefix("+")

    def __str__(self) -> str:
        return "+" + "•" * (len(self.e164) - 1 - _SHOWN_DIGITS) + self.e164[-_SHOWN_DIGITS:]

    def __repr__(self) -> str:
        return f"PhoneNumber({self})"


def _clean(raw: str) -> str:
    """Fold full-width digits, drop invisible characters and the `tel:` scheme; refuse letters."""
    folded = unicodedata.normalize("NFKC", raw)
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf").strip()
    visible = visible.removeprefix("tel:").strip()
    if not visible:
        raise InvalidPhoneError("empty", "Enter your mobile number.")
    if len(visible) > _MAX_RAW_LENGTH:
        raise InvalidPhoneError(*_PARSE_REASONS[NumberParseException.TOO_LONG])
    if _LETTERS.search(visible):
        raise InvalidPhoneError("letters", "Enter the number in digits, without letters.")
    return visible


def _parse(cleaned: str, country: str | None) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(cleaned, country)
    except NumberParseException as error:
        raise InvalidPhoneError(*_PARSE_REASONS[error.error_type]) from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    now = _spelt_as_now(e164)
    return number if now == e164 else phonenumbers.parse(now)


def _retired(now: re.Pattern[str], before: str, e164: str) -> str:
    found = now.fullmatch(e164)
    return found.expand(before) if found else e164


def _spelt_as_now(e164: str) -> str:
    """Return a number in today's spelling of its plan."""
    if found := _MEXICO.fullmatch(e164):
        return f"+52{found[1]}"
    if found := _BRAZIL.fullmatch(e164):
        return f"+55{found[1]}9{found[2]}"
    return e164


def _spelt_as_mobile(e164: str) -> str:
    """Return the mobile number that a text came from."""
    found = _ARGENTINA.fullmatch(e164)
    if found is None:
        return e164
    mobile = f"+549{found[1]}"
    is_known = phonenumbers.is_valid_number(phonenumbers.parse(mobile))
    return mobile if is_known else e164

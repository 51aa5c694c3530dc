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
        e164 = "+" + raw.strip().removeprefix("+")
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
    return _without_retired_mobile_prefix(number)


def _without_retired_mobile_prefix(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """Mexico dropped the 1 after +52 in 2019; phones and old lists still carry it."""
    national = str(number.national_number)
    mexico, digits_with_prefix = 52, 11
    if number.country_code == mexico and len(national) == digits_with_prefix and national[0] == "1":
        return phonenumbers.PhoneNumber(country_code=mexico, national_number=int(national[1:]))
    return number

"""Every spelling of a number is one number, and what may not be texted is refused by name."""

from __future__ import annotations

import contextlib

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import InvalidPhoneError
from assent.phone import PhoneNumber

SPELLINGS_OF_ONE_NUMBER = {
    "e164": ("+14155550100", None),
    "national with brackets": ("(415) 555-0100", "US"),
    "dots": ("415.555.0100", "US"),
    "spaces around": ("  +1 415 555 0100 ", None),
    "full-width digits": ("+１４１５５５５０１００", None),
    "arabic-indic digits": ("+١٤١٥٥٥٥٠١٠٠", None),
    "tel scheme": ("tel:+1-415-555-0100", None),
    "international prefix": ("011 1 415 555 0100", "US"),
    "zero-width space inside": ("+1415555\u200b0100", None),
    "right-to-left mark in front": ("\u200f+14155550100", None),
    "country does not override the plus": ("+1 415 555 0100", "FR"),
}

REFUSED = {
    "empty": ("", "US", "empty"),
    "only invisible": ("\u200b\u00a0", "US", "empty"),
    "too short": ("12", "US", "too_short"),
    "letters": ("+1 800 FLOWERS", "US", "letters"),
    "formula": ('=HYPERLINK("http://evil.example")', "US", "letters"),
    "too many digits": ("+12125550101234567", "US", "too_long"),
    "very long": ("1" * 41, "US", "too_long"),
    "landline": ("+44 20 7946 0018", "GB", "not_textable"),
    "premium rate": ("+1 900 555 0123", "US", "not_textable"),
    "toll-free": ("+800 1234 5678", None, "not_textable"),
    "national form and no country": ("212-555-0188", None, "unknown_country_code"),
    "no such country code": ("+999 123 4567", None, "unknown_country_code"),
    "unassigned area": ("+1 111 555 0100", None, "not_assigned"),
    "emergency": ("911", "US", "too_short"),
    "punctuation only": ("()-", "US", "not_a_number"),
}


@pytest.mark.parametrize("spelling", SPELLINGS_OF_ONE_NUMBER.values(), ids=SPELLINGS_OF_ONE_NUMBER)
def test_every_spelling_is_the_same_number(spelling: tuple[str, str | None]) -> None:
    assert PhoneNumber.parse(*spelling).e164 == "+14155550100"


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_texted_is_refused_with_its_reason(
    case: tuple[str, str | None, str],
) -> None:
    raw, country, reason = case
    with pytest.raises(InvalidPhoneError) as refusal:
        PhoneNumber.parse(raw, country)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("raw", "country"),
    [("+44 (0)7700 900123", "GB"), ("06 39 98 00 08", "FR"), ("+46 70 174 06 37", "SE")],
    ids=["ofcom drama number", "arcep audiovisual number", "swedish test number"],
)
def test_numbers_reserved_for_tests_are_accepted_in_their_country(raw: str, country: str) -> None:
    assert PhoneNumber.parse(raw, country).country == country


def test_the_retired_mexican_mobile_prefix_is_the_same_phone() -> None:
    assert PhoneNumber.parse("+52 1 55 1234 5678") == PhoneNumber.parse("+52 55 1234 5678")


def test_a_number_shows_only_its_last_two_digits() -> None:
    number = PhoneNumber.parse("+14155550142")
    assert "415555" not in f"{number} {number!r} {[number]}"
    assert str(number).endswith("42")


def test_the_prefix_is_the_number_less_four_digits() -> None:
    assert PhoneNumber.stored("+14155550142").prefix == "+1415555"


@pytest.mark.parametrize("raw", ["+14155550142", "14155550142", " +14155550142 "])
def test_a_number_knows_its_own_spelling(raw: str) -> None:
    assert PhoneNumber.stored("+14155550142").is_spelled(raw)
    assert not PhoneNumber.stored("+14155550143").is_spelled(raw)


def test_a_stored_number_must_be_in_e164() -> None:
    with pytest.raises(InvalidPhoneError):
        PhoneNumber.stored("4155550142")


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.integers(0, 4))
def test_example_numbers_of_every_region_keep_one_canonical_form(region: str, style: int) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return
    with contextlib.suppress(InvalidPhoneError):
        once = PhoneNumber.parse(phonenumbers.format_number(example, min(style, 3)), region)
        assert PhoneNumber.parse(once.e164) == once


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_refusal(raw: str) -> None:
    try:
        number = PhoneNumber.parse(raw, "US")
    except InvalidPhoneError:
        return
    assert PhoneNumber.parse(number.e164) == number

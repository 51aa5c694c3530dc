"""Two spellings of one phone are one phone: what a plan retired, and what a network leaves out."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from assent.consent.key_ring import KeyRing
from assent.consent.model import Standing
from assent.errors import InvalidPhoneError
from assent.phone import PhoneNumber
from tests.fakes.local_phone_keys import LocalPhoneKeys

KEYS = LocalPhoneKeys()


def _example(country: str) -> str:
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    assert number is not None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


# The retired or shortened spelling of libphonenumber's own example of a mobile number.
BEFORE = {
    "BR": _example("BR")[:5] + _example("BR")[6:],
    "AR": "+54" + _example("AR")[4:],
    "MX": "+521" + _example("MX")[3:],
}


@pytest.mark.parametrize("country", BEFORE)
def test_a_text_from_the_other_spelling_is_from_the_same_phone(country: str) -> None:
    now = PhoneNumber.parse(_example(country))
    assert BEFORE[country] != now.e164
    assert PhoneNumber.from_carrier(BEFORE[country]) == now
    assert PhoneNumber.from_carrier(BEFORE[country].removeprefix("+")) == now


@pytest.mark.parametrize(
    ("raw", "country", "e164"),
    [
        ("(11) 9123-4567", "BR", "+5511991234567"),
        ("+55 51 8123 4567", None, "+5551981234567"),
        ("+55 21 6123-4567", None, "+5521961234567"),
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("011 15 2345-6789", "AR", "+5491123456789"),
    ],
)
def test_an_old_spelling_typed_in_a_form_is_the_number_of_today(
    raw: str, country: str | None, e164: str
) -> None:
    assert PhoneNumber.parse(raw, country).e164 == e164


@pytest.mark.parametrize(
    "raw",
    ["+551171234567", "+5511991234567", "+525512345678", "+5491123456789", "+14155550100"],
    ids=["trunked radio", "Brazil today", "Mexico today", "Argentina today", "no such plan"],
)
def test_a_number_of_today_stays_as_it_is(raw: str) -> None:
    assert PhoneNumber.from_carrier(raw).e164 == raw


def test_a_fixed_line_of_argentina_typed_in_a_form_is_no_mobile_phone() -> None:
    with pytest.raises(InvalidPhoneError):
        PhoneNumber.parse("+54 11 2345 6789")


@pytest.mark.parametrize("country", BEFORE)
def test_who_was_stored_under_the_old_spelling_stays_found(country: str) -> None:
    before = PhoneNumber.stored(BEFORE[country])
    known = {KEYS.key_of(before): Standing(KEYS.key_of(before), before)}
    ring = KeyRing((KEYS,), KEYS, known.get)
    now = PhoneNumber.parse(_example(country))
    assert before in now.former
    assert ring.key_of(now) == KEYS.key_of(before)


def test_a_number_without_another_spelling_is_not_looked_up() -> None:
    def nobody(_key: str) -> Standing | None:
        raise AssertionError

    phone = PhoneNumber.parse("+14155550100")
    assert phone.former == ()
    assert KeyRing((KEYS,), KEYS, nobody).key_of(phone) == KEYS.key_of(phone)


@given(st.sampled_from(["+55", "+54", "+549", "+52", "+521"]), st.from_regex(r"[1-9]\d{7,10}\Z"))
def test_the_spelling_of_today_is_its_own(code: str, rest: str) -> None:
    try:
        once = PhoneNumber.from_carrier(code + rest)
    except InvalidPhoneError:
        return
    assert PhoneNumber.from_carrier(once.e164) == once


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_way_to_write_a_countrys_mobile_number_has_one_key(country: str) -> None:
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if number is None:
        pytest.skip("no mobile numbers there")
    hows = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    spellings = [phonenumbers.format_number(number, how) for how in hows]
    read = [phonenumbers.parse(each, country) for each in spellings]
    carried = [phonenumbers.format_number(each, PhoneNumberFormat.E164) for each in read]
    assert len({PhoneNumber.from_carrier(each) for each in carried}) == 1

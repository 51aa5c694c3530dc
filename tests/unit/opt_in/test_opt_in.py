from __future__ import annotations

import re
from dataclasses import replace

import pytest

from assent.consent.events import EventType
from assent.consent.model import ConsentStatus, OpenRequest
from assent.errors import (
    ConsentNotGivenError,
    InputError,
    InvalidFormTokenError,
    InvalidPhoneError,
    ProgrammeNotFoundError,
    UnknownDisclosureError,
    WrongCodeError,
)
from assent.identifiers import ProgrammeId
from assent.messages.ledger import Outcome, SendResult
from assent.opt_in.form_token import MIN_FILL
from assent.opt_in.service import OptInForm
from assent.phone import PhoneNumber
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.unit.inbound.test_receiving import NUMBER, PHONE, House

OFFERS = ProgrammeId("offers")
FORM = OptInForm(OFFERS, "(612) 555-0103", "US", True, 1, "en", "https://brew.example/join")


def _code(house: House) -> str:
    found = re.search(r"\b\d{6}\b", house.sender.bodies[-1])
    assert found is not None
    return found.group()


def test_a_sign_up_is_answered_by_one_text_with_every_required_element() -> None:
    house = House()
    house.ask(FORM)
    (text,) = house.sender.texts
    assert text.phone.e164 == NUMBER
    for element in ("Brew & Bloom", "Weekly offers", "8 msgs/month", "rates", "HELP", "STOP"):
        assert element in text.body


def test_the_wording_shown_and_the_text_sent_are_evidence() -> None:
    house = House()
    house.ask(FORM)
    requested, texted = house.store.history(house.keys.key_of(PHONE))
    assert requested[0].facts["disclosure_version"] == 1
    assert requested[0].facts["disclosure_locale"] == "en"
    assert requested[1] is not None
    assert requested[1].facts["phone_as_typed"] == "(612) 555-0103"
    assert texted[0].type is EventType.CONFIRMATION_TEXTED
    assert texted[1] is not None
    text = house.sender.bodies[0]
    assert texted[1].facts["text"] == text.replace(_code(house), "••••••")
    assert texted[1].facts["text_mac"] == house.keys.mac("confirmation_text", text)
    assert texted[1].facts["provider_message_id"] == "provider-1"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param(replace(FORM, programme_id=ProgrammeId("x")), ProgrammeNotFoundError, id="p"),
        pytest.param(replace(FORM, consent=False), ConsentNotGivenError, id="box not ticked"),
        pytest.param(replace(FORM, phone_raw="+1800FLOWERS"), InvalidPhoneError, id="letters"),
        pytest.param(replace(FORM, phone_raw="+18005550199"), InvalidPhoneError, id="toll-free"),
        pytest.param(replace(FORM, disclosure_version=9), UnknownDisclosureError, id="wording"),
        pytest.param(replace(FORM, form_token="1.x"), InvalidFormTokenError, id="token"),
    ],
)
def test_a_faulty_form_is_refused_and_leaves_no_trace(
    form: OptInForm, error: type[Exception]
) -> None:
    house = House()
    with pytest.raises(error):
        house.ask(form)
    assert house.sender.texts == []
    assert house.store.history(house.keys.key_of(PHONE)) == []


def test_a_filled_honeypot_is_accepted_and_does_nothing() -> None:
    house = House()
    house.ask(replace(FORM, honeypot="http://spam.example"))
    assert house.sender.texts == []
    assert house.store.standing(house.keys.key_of(PHONE)) is None


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("+447700900123", id="not on the programme's list"),
        pytest.param("+15064560103", id="on the programme's list, not on the deployment's"),
    ],
)
def test_a_country_that_is_not_served_gets_the_same_silence(number: str) -> None:
    house = House()
    house.ask(replace(FORM, phone_raw=number, country=None))
    assert house.sender.texts == []
    key = house.keys.key_of(PhoneNumber.parse(number))
    assert [e.type for e, _ in house.store.history(key)] == [EventType.REQUEST_DECLINED]


def test_pending_confirmed_and_stopped_numbers_get_no_second_text() -> None:
    house = House()
    house.ask(FORM)
    house.ask(FORM)
    assert len(house.sender.texts) == 1
    house.text("YES")
    texts = len(house.sender.texts)
    house.ask(FORM)
    assert len(house.sender.texts) == texts
    house.text("STOP")
    texts = len(house.sender.texts)
    house.ask(FORM)
    assert len(house.sender.texts) == texts


def test_a_served_form_token_is_accepted() -> None:
    house = House()
    token = house.tokens.issue(OFFERS)
    house.clock.advance(MIN_FILL)
    house.ask(replace(FORM, form_token=token))
    assert len(house.sender.texts) == 1


def test_a_throttled_text_may_be_asked_for_again_at_once() -> None:
    house = House()
    house.sender.answer = lambda _: SendResult(Outcome.THROTTLED)
    house.ask(FORM)
    house.sender.answer = lambda _: None
    house.ask(FORM)
    assert len(house.sender.texts) == 2


def test_a_text_in_doubt_is_not_sent_again() -> None:
    house = House()
    house.sender.answer = lambda _: SendResult(Outcome.IN_DOUBT)
    house.ask(FORM)
    house.ask(FORM)
    assert len(house.sender.texts) == 1


def test_the_code_confirms() -> None:
    house = House()
    house.ask(FORM)
    house.opt_in.confirm_code(OFFERS, "612-555-0103", _code(house), "US")
    assert house.status() is ConsentStatus.CONFIRMED


def test_a_code_is_used_once() -> None:
    house = House()
    house.ask(FORM)
    code = _code(house)
    house.opt_in.confirm_code(OFFERS, NUMBER, code)
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, code)


def test_five_wrong_codes_close_the_door_to_the_right_one() -> None:
    house = House()
    house.ask(FORM)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            house.opt_in.confirm_code(OFFERS, NUMBER, "999999")
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, _code(house))
    assert house.status() is ConsentStatus.PENDING


def test_a_code_dies_with_the_stop() -> None:
    house = House()
    house.ask(FORM)
    code = _code(house)
    house.text("STOP")
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, code)


def test_an_earlier_code_dies_with_the_next_request() -> None:
    house = House()
    house.ask(FORM)
    code = _code(house)
    house.clock.advance(601)
    house.ask(FORM)
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, code)


def test_every_wrong_code_sounds_the_same() -> None:
    house = House()
    house.ask(FORM)
    heard = set()
    for number, code in [(NUMBER, "000000"), ("+16125550199", "000000"), ("x", "1"), (NUMBER, "")]:
        with pytest.raises(WrongCodeError) as caught:
            house.opt_in.confirm_code(OFFERS, number, code)
        heard.add((str(caught.value), caught.value.field))
    assert len(heard) == 1


def test_a_form_does_not_show_the_number_in_a_repr() -> None:
    assert "555" not in repr(FORM)


def test_refusals_carry_the_field_at_fault() -> None:
    house = House()
    with pytest.raises(InputError) as caught:
        house.ask(replace(FORM, consent=False))
    assert caught.value.field == "consent"


def test_guesses_made_at_once_each_spend_an_attempt() -> None:
    class Raced(InMemoryConsentStore):
        """Each time, somebody else's guess is saved a moment before ours."""

        def save_request(self, request: OpenRequest, *, expected_attempts_left: int) -> None:
            stored = self.open_request(request.subscriber_key, request.programme_id)
            assert stored is not None
            left = stored.attempts_left
            super().save_request(
                replace(stored, attempts_left=left - 1), expected_attempts_left=left
            )
            super().save_request(request, expected_attempts_left=expected_attempts_left)

    house = House(store=Raced())
    house.ask(FORM)
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, _code(house))
    request = house.store.open_request(house.keys.key_of(PHONE), OFFERS)
    assert request is not None
    assert request.attempts_left == 0
    assert house.status() is ConsentStatus.PENDING


def test_a_stop_between_the_code_and_its_record_wins() -> None:
    class StoppedMeanwhile(InMemoryConsentStore):
        def save_request(self, request: OpenRequest, *, expected_attempts_left: int) -> None:
            super().save_request(request, expected_attempts_left=expected_attempts_left)
            house.text("STOP")

    house = House(store=StoppedMeanwhile())
    house.ask(FORM)
    with pytest.raises(WrongCodeError):
        house.opt_in.confirm_code(OFFERS, NUMBER, _code(house))
    assert house.status() is ConsentStatus.WITHDRAWN

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import UnreadableInboundError
from assent.inbound.keywords import classify
from assent.inbound.message import parse_envelope, sender_phone

PAYLOAD = {
    "originationNumber": "+16125550103",
    "destinationNumber": "+12125550101",
    "messageKeyword": "KEYWORD_2",
    "messageBody": "Stop",
    "inboundMessageId": "cae173d2",
    "previousPublishedMessageId": "wJalr",
}


def _envelope(**changes: object) -> str:
    payload = {name: each for name, each in {**PAYLOAD, **changes}.items() if each is not None}
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "m",
            "Message": json.dumps(payload),
            "Timestamp": "2026-11-23T12:00:00.123Z",
        }
    )


def test_an_envelope_becomes_a_text_with_the_envelopes_time() -> None:
    sms = parse_envelope(_envelope())
    assert sms.from_phone is not None
    assert sms.from_phone.e164 == "+16125550103"
    assert (sms.to, sms.body, sms.answers) == ("+12125550101", "Stop", "wJalr")
    assert sms.inbound_message_id == "cae173d2"
    assert sms.at == datetime(2026, 11, 23, 12, 0, 0, 123_000, UTC)


@pytest.mark.parametrize(
    "field",
    ["messageBody", "inboundMessageId", "destinationNumber", "previousPublishedMessageId"],
)
def test_half_an_emoji_is_no_reason_to_lose_a_text(field: str) -> None:
    sms = parse_envelope(_envelope(**{field: "STOP \ud83d"}))
    for text in (sms.body, sms.inbound_message_id, sms.to, sms.answers or ""):
        assert text.encode()
    assert classify(parse_envelope(_envelope(messageBody="STOP \ud83d")).body).action == "opt_out"


def test_a_time_outside_the_calendar_is_unreadable_and_names_its_sender() -> None:
    body = _envelope().replace("2026-11-23T12:00:00.123Z", "0001-01-01T00:00:00+14:00")
    with pytest.raises(UnreadableInboundError) as caught:
        parse_envelope(body)
    assert caught.value.phone is not None


def test_the_sender_does_not_show_in_a_repr() -> None:
    assert "6125550103" not in repr(parse_envelope(_envelope()))


def test_a_text_may_be_empty_and_answer_nothing() -> None:
    sms = parse_envelope(_envelope(messageBody="", previousPublishedMessageId=None))
    assert (sms.body, sms.answers) == ("", None)


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        pytest.param("+16125550103", "+16125550103", id="mobile"),
        pytest.param("16125550103", "+16125550103", id="plus left out"),
        pytest.param("+5215512345678", "+525512345678", id="Mexico's retired 1"),
        pytest.param("+18005550199", "+18005550199", id="toll-free, not textable, still heard"),
        pytest.param("+298211234", "+298211234", id="short national plan"),
        pytest.param("12345", None, id="short code"),
        pytest.param("720555", None, id="six-digit short code"),
        pytest.param("AMAZON", None, id="name"),
        pytest.param("+0123456789", None, id="no such number"),
    ],
)
def test_a_sender_is_a_phone_or_nobody(raw: str, e164: str | None) -> None:
    phone = sender_phone(raw)
    assert (phone.e164 if phone else None) == e164


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("not json", id="not JSON"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('"x"', id="string"),
        pytest.param("[" * 100_000, id="nested too deep"),
        pytest.param('{"Message": "[]", "Timestamp": "2026-11-23T12:00:00Z"}', id="list inside"),
        pytest.param('{"Message": "\\"{}\\"", "Timestamp": "x"}', id="string of a string"),
        pytest.param('{"Message": {"a": 1}}', id="object, not a string"),
        pytest.param(_envelope(inboundMessageId=None), id="no id"),
        pytest.param(_envelope(inboundMessageId="x" * 300), id="id too long"),
        pytest.param(_envelope(messageBody=None), id="no text"),
        pytest.param(_envelope(messageBody=7), id="text is a number"),
        pytest.param(_envelope(destinationNumber=None), id="no destination"),
        pytest.param(_envelope(originationNumber=None), id="no sender"),
        pytest.param(_envelope().replace("Timestamp", "Time"), id="no time"),
        pytest.param(_envelope().replace("2026-11-23T12:00:00.123Z", "yesterday"), id="bad time"),
        pytest.param(_envelope().replace("00.123Z", "00.123"), id="time without zone"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_unreadable(body: str) -> None:
    with pytest.raises(UnreadableInboundError):
        parse_envelope(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_envelope(messageBody=None), id="no text"),
        pytest.param(_envelope(inboundMessageId=None), id="no id"),
        pytest.param(_envelope()[:180], id="cut off"),
    ],
)
def test_an_unreadable_event_carries_its_sender_where_one_can_be_read(body: str) -> None:
    with pytest.raises(UnreadableInboundError) as caught:
        parse_envelope(body)
    assert caught.value.phone is not None
    assert caught.value.phone.e164 == "+16125550103"
    assert "6125550103" not in str(caught.value)


@given(st.text(max_size=400), st.integers(0, 300), st.integers(0, 60))
def test_no_mutation_of_an_event_escapes_as_another_error(
    noise: str, start: int, length: int
) -> None:
    whole = _envelope()
    try:
        parse_envelope(whole[:start] + noise + whole[start + length :])
    except UnreadableInboundError:
        return

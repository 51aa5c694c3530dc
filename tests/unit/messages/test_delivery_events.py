"""Both shapes of a carrier's report are read alike; one without number or id is no report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import UnreadableStatusError
from assent.messages.delivery import Delivery
from assent.messages.delivery_events import eum_status, sns_status
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.messages.delivery_events import DeliveryStatus

LINE: dict[str, Any] = {
    "notification": {
        "messageId": "34d9b400-c6dd-5444-820d-fbeb0f1f54cf",
        "timestamp": "2016-06-28 00:40:34.558",
    },
    "delivery": {
        "destination": "+16125550101",
        "smsType": "Promotional",
        "providerResponse": "Phone number is opted out",
    },
    "status": "FAILURE",
}
EVENT: dict[str, Any] = {
    "eventType": "TEXT_SUCCESSFUL",
    "eventTimestamp": 1686975103470,
    "destinationPhoneNumber": "+16125550101",
    "messageId": "862a8790",
    "messageStatus": "SUCCESSFUL",
    "messageStatusDescription": "Message has been accepted by phone carrier",
}


def line(**delivery: Any) -> str:
    return json.dumps({**LINE, "delivery": {**LINE["delivery"], **delivery}})


def event(**changed: Any) -> str:
    return json.dumps({k: v for k, v in {**EVENT, **changed}.items() if v is not ...})


def test_a_line_of_the_log_is_read() -> None:
    status = sns_status(json.dumps(LINE))
    assert status.provider_message_id == "34d9b400-c6dd-5444-820d-fbeb0f1f54cf"
    assert status.phone == PhoneNumber("+16125550101")
    assert status.at == datetime(2016, 6, 28, 0, 40, 34, 558000, UTC)
    assert status.verdict.delivery is Delivery.OPT_OUT


def test_an_event_is_read() -> None:
    status = eum_status(event())
    assert (status.provider_message_id, status.phone.e164) == ("862a8790", "+16125550101")
    assert status.at == datetime(2023, 6, 17, 4, 11, 43, 470000, UTC)
    assert status.verdict.delivery is Delivery.OK


@pytest.mark.parametrize(
    ("changed", "delivery"),
    [
        ({"messageStatus": "OPTED_OUT", "eventType": "TEXT_INVALID"}, Delivery.OPT_OUT),
        ({"messageStatus": "OPTED_OUT", "eventType": "TEXT_NEW"}, Delivery.OPT_OUT),
        ({"messageStatusDescription": "This number is opted out"}, Delivery.OPT_OUT),
        ({"eventType": "TEXT_BLOCKED", "messageStatus": "BLOCKED"}, Delivery.OPT_OUT),
        ({"eventType": "TEXT_SPAM", "messageStatusDescription": None}, Delivery.PERMANENT),
        ({"eventType": "TEXT_NEW", "messageStatusDescription": "new"}, Delivery.TRANSIENT),
        ({"messageStatusDescription": ...}, Delivery.OK),
    ],
)
def test_an_opt_out_is_found_wherever_it_stands(
    changed: dict[str, Any], delivery: Delivery
) -> None:
    assert eum_status(event(**changed)).verdict.delivery is delivery


def test_a_success_in_unknown_words_is_a_success_and_a_failure_is_unknown() -> None:
    words = {**LINE, "delivery": {**LINE["delivery"], "providerResponse": "Something new"}}
    assert sns_status(json.dumps({**words, "status": "SUCCESS"})).verdict.code == "SUCCESS"
    assert sns_status(json.dumps(words)).verdict.code is None


@pytest.mark.parametrize("at", ["yesterday", "", None, 5])
def test_a_time_that_cannot_be_read_loses_no_report(at: object) -> None:
    strange = {**LINE, "notification": {**LINE["notification"], "timestamp": at}}
    assert sns_status(json.dumps(strange)).at is None


@pytest.mark.parametrize("at", ["yesterday", None, True, 1e300, -1e300, ...])
def test_an_event_time_that_cannot_be_read_loses_no_report(at: object) -> None:
    assert eum_status(event(eventTimestamp=at)).at is None


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (sns_status, "not JSON"),
        (sns_status, "[]"),
        (sns_status, '{"a":' * 100_000),
        (sns_status, json.dumps({**LINE, "delivery": None})),
        (sns_status, json.dumps({**LINE, "notification": "x"})),
        (sns_status, line(destination="12345")),
        (sns_status, line(destination="+1XXX5550100")),
        (sns_status, line(providerResponse=7)),
        (eum_status, event(messageId=...)),
        (eum_status, event(messageId="")),
        (eum_status, event(destinationPhoneNumber="SHOP")),
        (eum_status, event(eventType=...)),
    ],
)
def test_what_says_neither_who_nor_what_is_unreadable_and_quotes_nothing(
    read: Callable[[str], DeliveryStatus], body: str
) -> None:
    with pytest.raises(UnreadableStatusError) as caught:
        read(body)
    assert "555" not in str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_anywhere_breaks_the_reader(value: Any) -> None:
    for name in EVENT:
        try:
            eum_status(json.dumps({**EVENT, name: value}))
        except UnreadableStatusError:
            continue

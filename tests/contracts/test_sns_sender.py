"""A text leaves once, whatever the carrier does, and what is not certain is called in doubt."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.config import Config

from assent.aws import clients
from assent.aws.sns_sender import SnsSmsSender
from assent.errors import SettingsError
from assent.messages.ledger import OutboundText, Outcome
from assent.phone import PhoneNumber
from tests.contracts import carrier_socket as carrier
from tests.contracts.carrier_socket import CarrierSocket, respond

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sns import SNSClient

TEXT = OutboundText(PhoneNumber("+12065550123"), "Example Shop: hi – Zoë", "a1", is_marketing=True)
SENT = (
    "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>"
)


def error(code: str) -> str:
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>"


def client(url: str, *, read_timeout: float = 3) -> SNSClient:
    made = botocore.session.get_session().create_client(
        "sns",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=clients.sms_config().merge(Config(read_timeout=read_timeout)),
    )
    return cast("SNSClient", made)


def sender(url: str, *, read_timeout: float = 3) -> SnsSmsSender:
    return SnsSmsSender(client(url, read_timeout=read_timeout), "+12065550100")


def test_an_accepted_text_is_sent_with_its_attributes() -> None:
    with CarrierSocket(respond("200 OK", SENT)) as server:
        result = sender(server.url).send(TEXT)
    assert (result.outcome, result.provider_message_id) == (Outcome.SENT, "m-1")
    form = {key: value[0] for key, value in parse_qs(server.requests[0]).items()}
    assert form["PhoneNumber"] == "+12065550123"
    assert form["Message"] == TEXT.body
    assert {"AWS.SNS.SMS.SMSType", "Promotional", "AWS.MM.SMS.OriginationNumber"} <= set(
        form.values()
    )


def test_a_text_that_is_no_marketing_is_transactional_and_may_come_from_a_sender_id() -> None:
    text = OutboundText(TEXT.phone, TEXT.body, "a1", is_marketing=False)
    with CarrierSocket(respond("200 OK", SENT)) as server:
        SnsSmsSender(client(server.url), "SHOP").send(text)
    values = {value[0] for value in parse_qs(server.requests[0]).values()}
    assert {"Transactional", "AWS.SNS.SMS.SenderID", "SHOP"} <= values


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(carrier.close, id="hangs up"),
        pytest.param(carrier.reset, id="resets"),
        pytest.param(carrier.break_off, id="breaks off within its answer"),
        pytest.param(respond("500 Internal Server Error", error("InternalError")), id="500"),
        pytest.param(respond("503 Slow Down", error("Throttling")), id="503 called throttling"),
        pytest.param(respond("502 Bad Gateway", "<html>proxy</html>"), id="502 of a proxy"),
        pytest.param(respond("200 OK", "not xml at all"), id="200 garbage"),
        pytest.param(respond("200 OK", "<PublishResponse></PublishResponse>"), id="200 no id"),
        pytest.param(respond("200 OK", ""), id="200 empty"),
        pytest.param(respond("302 Found", ""), id="redirect"),
    ],
)
def test_an_uncertain_answer_is_in_doubt_and_nothing_is_sent_again(
    answer: Callable[[socket.socket], None],
) -> None:
    with CarrierSocket(answer) as server:
        result = sender(server.url).send(TEXT)
    assert result.outcome is Outcome.IN_DOUBT
    assert result.provider_message_id is None
    assert len(server.requests) == 1


def test_an_answer_that_never_comes_is_in_doubt_and_nothing_is_sent_again() -> None:
    with CarrierSocket(carrier.hang) as server:
        result = sender(server.url, read_timeout=0.3).send(TEXT)
    assert (result.outcome, result.reason) == (Outcome.IN_DOUBT, "ReadTimeoutError")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("400 Bad Request", "Throttling", Outcome.THROTTLED),
        ("429 Too Many Requests", "ThrottledException", Outcome.THROTTLED),
        ("400 Bad Request", "InvalidParameter", Outcome.REFUSED),
        ("403 Forbidden", "AuthorizationError", Outcome.REFUSED),
        ("404 Not Found", "NotFound", Outcome.REFUSED),
    ],
)
def test_a_refusal_is_certain(status: str, code: str, outcome: Outcome) -> None:
    with CarrierSocket(respond(status, error(code))) as server:
        result = sender(server.url).send(TEXT)
    assert (result.outcome, result.reason, result.opted_out) == (outcome, code, False)
    assert len(server.requests) == 1


def test_the_providers_own_opt_out_list_is_reported() -> None:
    with CarrierSocket(respond("400 Bad Request", error("OptedOut"))) as server:
        result = sender(server.url).send(TEXT)
    assert (result.outcome, result.opted_out) == (Outcome.REFUSED, True)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = sender(f"http://127.0.0.1:{port}").send(TEXT)
    assert (result.outcome, result.reason) == (Outcome.THROTTLED, "EndpointConnectionError")


def test_a_name_that_does_not_resolve_means_nothing_was_sent() -> None:
    result = sender("http://nowhere.invalid").send(TEXT)
    assert result.outcome is Outcome.THROTTLED


def test_a_handshake_that_fails_means_nothing_was_sent() -> None:
    """The server speaks no TLS: the request itself never leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        result = sender(f"https://127.0.0.1:{listener.getsockname()[1]}").send(TEXT)
        thread.join(5)
    assert (result.outcome, result.reason) == (Outcome.THROTTLED, "SSLError")


def test_a_client_that_repeats_requests_is_refused() -> None:
    repeating: Any = botocore.session.get_session().create_client("sns", region_name="us-east-1")
    with pytest.raises(SettingsError, match="repeats"):
        SnsSmsSender(repeating, "+12065550100")


def test_the_houses_own_client_sends_once(monkeypatch: pytest.MonkeyPatch, cloud: None) -> None:
    with CarrierSocket(respond("500 Internal Server Error", error("InternalError"))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", server.url)
        clients.sms.cache_clear()
        try:
            config: Any = clients.sms().meta.config
        finally:
            clients.sms.cache_clear()
    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}

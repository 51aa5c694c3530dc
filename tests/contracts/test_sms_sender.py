"""A text leaves once, whatever the carrier does, and what is not certain is called in doubt.

One suite for both services: SNS answers in XML, End User Messaging in JSON.
"""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.config import Config

from assent.aws import clients
from assent.aws.eum_sender import EumSmsSender
from assent.aws.sms_sender import sms_sender
from assent.aws.sns_sender import SnsSmsSender
from assent.errors import SettingsError
from assent.messages.ledger import OutboundText, Outcome
from assent.phone import PhoneNumber
from assent.settings import TextingFunction
from tests.contracts import carrier_socket as carrier
from tests.contracts.carrier_socket import CarrierSocket, respond
from tests.fakes.frozen_clock import FrozenClock
from tests.stubs.eum_sms import EumSms, eum_stub
from tests.stubs.service_stub import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.messages.ledger import SmsSender

TEXT = OutboundText(PhoneNumber("+12065550123"), "Example Shop: hi – Zoë", "a1", is_marketing=True)
SYSTEM_TEXT = OutboundText(TEXT.phone, TEXT.body, "a2", is_marketing=False)
FROM = "+12065550100"
TTL = timedelta(minutes=10)


def client(service: str, url: str, config: Config | None = None) -> Any:
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=config,
    )


def once(read_timeout: float = 3) -> Config:
    return clients.sms_config().merge(Config(read_timeout=read_timeout))


@dataclass(frozen=True)
class Service:
    """A service in its own words: what it answers, and the sender for it."""

    name: str
    sent: str
    error: Callable[[str], str]
    make: Callable[..., SmsSender]

    def sender(self, url: str, read_timeout: float = 3) -> SmsSender:
        return self.make(client(self.name, url, once(read_timeout)))


SNS = Service(
    "sns",
    "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>",
    lambda code: f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>",
    lambda made: SnsSmsSender(made, FROM),
)
EUM = Service(
    "pinpoint-sms-voice-v2",
    json.dumps({"MessageId": "m-1"}),
    lambda code: json.dumps({"__type": code, "Message": "no"}),
    lambda made: EumSmsSender(made, FROM, TTL),
)


@pytest.fixture(params=[SNS, EUM], ids=["sns", "eum"])
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.param
    return found


def test_an_accepted_text_is_sent_and_has_the_providers_id(service: Service) -> None:
    with CarrierSocket(respond("200 OK", service.sent)) as server:
        result = service.sender(server.url).send(TEXT)
    assert (result.outcome, result.provider_message_id) == (Outcome.SENT, "m-1")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(carrier.close, "", id="hangs up"),
        pytest.param(carrier.reset, "", id="resets"),
        pytest.param(carrier.break_off, "", id="breaks off within its answer"),
        pytest.param("500 Internal Server Error", "InternalError", id="500"),
        pytest.param("503 Slow Down", "Throttling", id="503 called throttling"),
        pytest.param(respond("502 Bad Gateway", "<html>proxy</html>"), "", id="502 of a proxy"),
        pytest.param(respond("200 OK", "neither"), "", id="200 garbage"),
        pytest.param(respond("200 OK", "{}"), "", id="200 no id in JSON"),
        pytest.param(respond("200 OK", "<PublishResponse/>"), "", id="200 no id in XML"),
        pytest.param(respond("200 OK", ""), "", id="200 empty"),
        pytest.param(respond("302 Found", ""), "", id="redirect"),
    ],
)
def test_an_uncertain_answer_is_in_doubt_and_nothing_is_sent_again(
    service: Service, answer: Callable[[socket.socket], None] | str, code: str
) -> None:
    told = respond(answer, service.error(code)) if isinstance(answer, str) else answer
    with CarrierSocket(told) as server:
        result = service.sender(server.url).send(TEXT)
    assert result.outcome is Outcome.IN_DOUBT
    assert result.provider_message_id is None
    assert len(server.requests) == 1


def test_an_answer_that_never_comes_is_in_doubt_and_nothing_is_sent_again(
    service: Service,
) -> None:
    with CarrierSocket(carrier.hang) as server:
        result = service.sender(server.url, read_timeout=0.3).send(TEXT)
    assert (result.outcome, result.reason) == (Outcome.IN_DOUBT, "ReadTimeoutError")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("400 Bad Request", "ThrottlingException", Outcome.THROTTLED),
        ("429 Too Many Requests", "ThrottledException", Outcome.THROTTLED),
        ("400 Bad Request", "InvalidParameter", Outcome.REFUSED),
        ("403 Forbidden", "AuthorizationError", Outcome.REFUSED),
        ("404 Not Found", "NotFound", Outcome.REFUSED),
    ],
)
def test_a_refusal_is_certain(service: Service, status: str, code: str, outcome: Outcome) -> None:
    with CarrierSocket(respond(status, service.error(code))) as server:
        result = service.sender(server.url).send(TEXT)
    assert (result.outcome, result.reason, result.opted_out) == (outcome, code, False)
    assert len(server.requests) == 1


def test_where_nobody_listens_nothing_was_sent(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = service.sender(f"http://127.0.0.1:{port}").send(TEXT)
    assert (result.outcome, result.reason) == (Outcome.THROTTLED, "EndpointConnectionError")


def test_a_name_that_does_not_resolve_means_nothing_was_sent(service: Service) -> None:
    result = service.sender("http://nowhere.invalid").send(TEXT)
    assert result.outcome is Outcome.THROTTLED


def test_a_handshake_that_fails_means_nothing_was_sent(service: Service) -> None:
    """The server speaks no TLS: the request itself never leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        result = service.sender(f"https://127.0.0.1:{listener.getsockname()[1]}").send(TEXT)
        thread.join(5)
    assert (result.outcome, result.reason) == (Outcome.THROTTLED, "SSLError")


def test_a_text_asks_at_the_door_once_its_request_is_made(service: Service) -> None:
    steps: list[str] = []

    def may_leave() -> bool:
        steps.append("asked")
        return True

    with CarrierSocket(respond("200 OK", service.sent)) as server:
        made = client(service.name, server.url, once())
        made.meta.events.register("request-created", lambda **_: steps.append("made"))
        made.meta.events.register("before-send", lambda **_: steps.append("leaves"))
        service.make(made)
        assert service.make(made).send(TEXT, may_leave).outcome is Outcome.SENT
    assert steps == ["made", "asked", "leaves"]


def test_a_text_that_is_held_back_at_the_door_does_not_leave(service: Service) -> None:
    def fail() -> bool:
        raise LookupError

    with CarrierSocket(respond("200 OK", service.sent)) as server:
        sender = service.sender(server.url)
        result = sender.send(TEXT, lambda: False)
        with pytest.raises(LookupError):
            sender.send(TEXT, fail)
    assert (result.outcome, result.reason) == (Outcome.ABORTED, "held_back")
    assert server.requests == []


def test_a_client_that_repeats_requests_is_refused(service: Service) -> None:
    with pytest.raises(SettingsError, match="repeats"):
        service.make(client(service.name, "http://nowhere.invalid"))


def test_the_houses_own_clients_send_once(monkeypatch: pytest.MonkeyPatch, cloud: None) -> None:
    for made in (clients.sms, clients.eum_sms):
        made.cache_clear()
        config: Any = made().meta.config
        made.cache_clear()
        assert (config.connect_timeout, config.read_timeout) == (1, 3)
        assert config.retries == {"mode": "standard", "total_max_attempts": 1}


def asked_of_sns(sender: Callable[[Any], SnsSmsSender], text: OutboundText) -> dict[str, str]:
    with CarrierSocket(respond("200 OK", SNS.sent)) as server:
        sender(client("sns", server.url, once())).send(text)
    form = {key: value[0] for key, value in parse_qs(server.requests[0]).items()}
    entries = range(1, sum(key.endswith(".Name") for key in form) + 1)
    attributes = {
        form[f"MessageAttributes.entry.{n}.Name"]: form[
            f"MessageAttributes.entry.{n}.Value.StringValue"
        ]
        for n in entries
    }
    return {"to": form["PhoneNumber"], "body": form["Message"], **attributes}


def test_sns_is_told_number_kind_and_origin() -> None:
    assert asked_of_sns(lambda made: SnsSmsSender(made, FROM), TEXT) == {
        "to": "+12065550123",
        "body": TEXT.body,
        "AWS.SNS.SMS.SMSType": "Promotional",
        "AWS.MM.SMS.OriginationNumber": FROM,
    }


def test_sns_takes_a_sender_id_and_the_dearest_price() -> None:
    asked = asked_of_sns(lambda made: SnsSmsSender(made, "SHOP", "0.05"), SYSTEM_TEXT)
    assert asked["AWS.SNS.SMS.SMSType"] == "Transactional"
    assert asked["AWS.SNS.SMS.SenderID"] == "SHOP"
    assert asked["AWS.SNS.SMS.MaxPrice"] == "0.05"


def test_the_account_s_own_opt_out_list_is_reported_by_sns() -> None:
    with CarrierSocket(respond("400 Bad Request", SNS.error("OptedOut"))) as server:
        result = SNS.sender(server.url).send(TEXT)
    assert (result.outcome, result.opted_out) == (Outcome.REFUSED, True)


@pytest.fixture
def carriers_own() -> EumSms:
    return EumSms(FrozenClock())


def test_end_user_messaging_is_told_how_long_a_text_may_wait_and_whose_attempt_it_is(
    carriers_own: EumSms,
) -> None:
    with eum_stub(carriers_own) as stub:
        made = stub.client(config=once())
        plain, full = (
            EumSmsSender(made, FROM, TTL),
            EumSmsSender(made, "pool-1", TTL, "0.05", "events", "protect-1"),
        )
        assert plain.send(TEXT).provider_message_id == "eum-1"
        assert full.send(SYSTEM_TEXT).provider_message_id == "eum-2"
    first, second = carriers_own.texts
    assert first == {
        "DestinationPhoneNumber": "+12065550123",
        "OriginationIdentity": FROM,
        "MessageBody": TEXT.body,
        "MessageType": "PROMOTIONAL",
        "TimeToLive": 600,
        "Context": {"attempt_id": "a1"},
    }
    assert second["MessageType"] == "TRANSACTIONAL"
    assert second["OriginationIdentity"] == "pool-1"
    assert (second["MaxPrice"], second["ConfigurationSetName"]) == ("0.05", "events")
    assert second["ProtectConfigurationId"] == "protect-1"


def test_an_opted_out_number_is_refused_at_once_and_said_to_be_that(carriers_own: EumSms) -> None:
    carriers_own.opt_out("+12065550123")
    with eum_stub(carriers_own) as stub:
        result = EumSmsSender(stub.client(config=once()), FROM, TTL).send(TEXT)
    assert (result.outcome, result.opted_out) == (Outcome.REFUSED, True)
    assert result.reason == "ConflictException:DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert carriers_own.texts == []


@pytest.mark.parametrize(
    ("code", "reason", "outcome"),
    [
        ("ValidationException", "PRICE_OVER_THRESHOLD", Outcome.REFUSED),
        (
            "ConflictException",
            "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
            Outcome.REFUSED,
        ),
        (
            "ServiceQuotaExceededException",
            "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
            Outcome.THROTTLED,
        ),
        ("AccessDeniedException", "ACCOUNT_DISABLED", Outcome.THROTTLED),
    ],
)
def test_what_is_wrong_with_the_account_costs_nobody_their_text(
    carriers_own: EumSms, code: str, reason: str, outcome: Outcome
) -> None:
    with eum_stub(carriers_own) as stub:
        stub.failing.append(ServiceError(code, "no", Reason=reason))
        result = EumSmsSender(stub.client(config=once()), FROM, TTL).send(TEXT)
    assert (result.outcome, result.reason) == (outcome, f"{code}:{reason}")
    assert result.is_account_wide is (outcome is Outcome.THROTTLED)


@pytest.mark.parametrize("wait", [timedelta(seconds=4), timedelta(hours=73)])
def test_a_text_may_wait_no_shorter_and_no_longer_than_the_service_allows(wait: timedelta) -> None:
    with pytest.raises(SettingsError, match="5 to 259200 seconds"):
        EumSmsSender(client(EUM.name, "http://nowhere.invalid", once()), FROM, wait)


def told(sms_service: str) -> TextingFunction:
    return TextingFunction(
        origination_identity=FROM,
        sms_service=sms_service,
        text_seconds_to_live=600,
        max_price="",
        configuration_set="",
        protect_configuration="",
    )


@pytest.mark.parametrize(("named", "sender"), [("sns", SnsSmsSender), ("eum", EumSmsSender)])
def test_the_operator_names_the_one_service_that_texts_leave_through(
    cloud: None, named: str, sender: type
) -> None:
    settings = told(named)
    clients.sms.cache_clear()
    assert isinstance(sms_sender(settings), sender)


def test_another_service_is_refused(cloud: None) -> None:
    with pytest.raises(SettingsError, match="not pigeon"):
        sms_sender(told("pigeon"))

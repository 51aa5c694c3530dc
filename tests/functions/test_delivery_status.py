"""Reports of carriers on real wiring: both feeds, once each, nothing lost and no number told."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from assent.errors import TryAgainError
from assent.phone import PhoneNumber
from tests.functions.output import captured_log
from tests.functions.world import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functions.world import World

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Return what was logged and measured since it was asked last."""
    with captured_log():
        yield lambda: capsys.readouterr().out


def events(world: World, phone: str) -> list[dict[str, Any]]:
    key = world.wire("export_api").keys.key_of(PhoneNumber.stored(phone))
    return [e for e in world.items("ConsentEventsTable") if e["subscriber_key"] == key]


def packed(log: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(gzip.compress(json.dumps(log).encode())).decode()
    return {"awslogs": {"data": data}}


def the_log() -> dict[str, Any]:
    data = sample("delivery_status_sns")["awslogs"]["data"]
    log: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(data)))
    return log


def a_record(number: int, **changed: Any) -> dict[str, Any]:
    record: dict[str, Any] = copy.deepcopy(sample("delivery_status_eum")["Records"][0])
    envelope = json.loads(record["body"])
    event = {**json.loads(envelope["Message"]), "messageId": f"m-{number}", **changed}
    envelope["Message"] = json.dumps(event)
    return {**record, "messageId": f"sqs-{number}", "body": json.dumps(envelope)}


def test_a_line_of_the_failure_log_that_tells_of_an_opt_out_is_one(
    world: World, output: Callable[[], str]
) -> None:
    for _ in range(2):
        assert world.invoke("delivery_status", sample("delivery_status_sns")) == DONE
    (event,) = events(world, "+14155553101")
    assert (event["type"], event["source"]) == ("withdrawn", "provider")
    assert events(world, "+14155553102") == []
    out = output()
    assert "Phone number is opted out" in out
    assert "41555531" not in out


def test_an_event_of_end_user_messaging_that_tells_of_an_opt_out_is_one(world: World) -> None:
    for _ in range(2):
        assert world.invoke("delivery_status", sample("delivery_status_eum")) == DONE
    (event,) = events(world, "+14155553103")
    assert event["source"] == "provider"
    assert world.items("OutboxTable") == []


def test_a_control_message_of_the_log_is_nothing(world: World) -> None:
    before = world.state()
    log = {**the_log(), "messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": ""}]}
    assert world.invoke("delivery_status", packed(log)) == DONE
    assert world.state() == before


@pytest.mark.parametrize("data", ["", "not base64!", base64.b64encode(b"plain").decode(), "H4sI"])
def test_a_log_that_cannot_be_unpacked_is_put_aside_whole(world: World, data: str) -> None:
    assert world.invoke("delivery_status", {"awslogs": {"data": data}}) == DONE
    assert data.encode() in world.objects("QuarantineBucket").values()


def test_a_line_that_cannot_be_read_holds_up_no_other(world: World) -> None:
    log = the_log()
    good = json.loads(log["logEvents"][0]["message"])
    good["delivery"]["destination"] = "+14155553110"
    good["notification"]["messageId"] = "m-10"
    log["logEvents"] = [
        {"id": "bad-line", "timestamp": 1, "message": "?"},
        {"id": "good-line", "timestamp": 1, "message": json.dumps(good)},
    ]
    assert world.invoke("delivery_status", packed(log)) == DONE
    assert len(events(world, "+14155553110")) == 1
    kept = world.objects("QuarantineBucket")
    assert [key for key in kept if key.endswith("bad-line") and key.startswith("delivery/")]


def test_what_nobody_has_met_yet_is_kept_and_counted(
    world: World, output: Callable[[], str]
) -> None:
    new = a_record(
        20,
        eventType="TEXT_NEW",
        messageStatus="NEW",
        messageStatusDescription="+14155553120 is new to us",
        destinationPhoneNumber="+14155553120",
    )
    assert world.invoke("delivery_status", {"Records": [new]}) == DONE
    assert events(world, "+14155553120") == []
    assert [key for key in world.objects("QuarantineBucket") if key.endswith("sqs-20")]
    out = output()
    assert "DeliveryStatusUnknown" in out
    assert "4155553120" not in out


@pytest.mark.parametrize("body", ["?", "[]", "7", '{"Message": 7}', '{"Message": "{}"}', "{}"])
def test_an_event_that_cannot_be_read_is_put_aside(world: World, body: str) -> None:
    record = {**a_record(30), "messageId": f"unreadable-{len(body)}-{body[:2]}", "body": body}
    assert world.invoke("delivery_status", {"Records": [record]}) == DONE
    assert body.encode() in world.objects("QuarantineBucket").values()


def test_what_may_pass_by_itself_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch, output: Callable[[], str]
) -> None:
    good = a_record(40, destinationPhoneNumber="+14155553140")
    bad = a_record(41, destinationPhoneNumber="+14155553141")
    learning = type(world.wire("delivery_status").reports.learning)
    plain = learning.learn

    def failing(self: Any, word: Any) -> Any:
        if word.phone.e164.endswith("3141"):
            message = f"not now: {word.phone.e164}"
            raise TryAgainError(message)
        return plain(self, word)

    log = the_log()
    line = json.loads(log["logEvents"][0]["message"])
    line["delivery"]["destination"] = "+14155553141"
    line["notification"]["messageId"] = "m-42"
    log["logEvents"] = [{"id": "l", "timestamp": 1, "message": json.dumps(line)}]
    with monkeypatch.context() as patch:
        patch.setattr(learning, "learn", failing)
        found = world.invoke("delivery_status", {"Records": [bad, good]})
        with pytest.raises(TryAgainError):
            world.invoke("delivery_status", packed(log))
    assert found == {"batchItemFailures": [{"itemIdentifier": "sqs-41"}]}
    assert len(events(world, "+14155553140")) == 1
    assert world.invoke("delivery_status", {"Records": [bad]}) == DONE
    assert len(events(world, "+14155553141")) == 1
    assert "4155553141" not in output()

"""Texts from phones: acted on once, answered once, never lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.inbound import an_entry, an_event
from tests.functions.world import handler_module, sample

if TYPE_CHECKING:
    from tests.functions.requests import Client
    from tests.functions.world import World

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def receive(world: World, *entries: dict[str, Any]) -> Any:
    return world.invoke("inbound_sms", an_event(*entries))


def statuses(world: World, phone: str) -> set[str]:
    keys = world.wire("export_api").keys
    from assent.phone import PhoneNumber

    key = keys.key_of(PhoneNumber.stored(phone))
    return {e["type"] for e in world.items("ConsentEventsTable") if e["subscriber_key"] == key}


def ask(public: Client, phone: str) -> None:
    form = {"programme_id": "demo", "phone": phone, "consent": True, "disclosure_version": 1}
    assert public.send("POST", "/v1/opt-ins", form).status == 202


def test_a_recorded_stop_is_recorded_and_confirmed_once(world: World) -> None:
    for _ in range(2):
        assert world.invoke("inbound_sms", sample("inbound_sms")) == DONE
    assert statuses(world, "+14155550142") == {"withdrawn"}
    assert len(world.texts("+14155550142")) == 1


def test_yes_confirms_an_open_request(world: World, public: Client) -> None:
    phone = "+14155552001"
    ask(public, phone)
    assert receive(world, an_entry(originationNumber=phone, messageBody="YES")) == DONE
    assert "confirmed" in statuses(world, phone)
    assert len(world.texts(phone)) == 2


def test_one_batch_may_hold_everything(world: World, public: Client) -> None:
    phone = "+14155552002"
    ask(public, phone)
    entries = [
        an_entry(originationNumber=phone, messageBody="yes"),
        an_entry(originationNumber="+14155552003", messageBody="HELP"),
        an_entry(originationNumber="+14155552004", messageBody="bus stop at 5?"),
        an_entry(originationNumber="+14155552005", messageBody=...),
    ]
    assert receive(world, *entries) == DONE
    assert {"requested", "confirmed"} <= statuses(world, phone)
    assert len(world.texts("+14155552003")) == 1
    assert statuses(world, "+14155552004") == {"held"}
    assert statuses(world, "+14155552005") == {"withdrawn"}


UNREADABLE: dict[str, str] = {
    "no JSON": "STOP",
    "empty": "",
    "a list": "[]",
    "a number": "7",
    "no message": json.dumps({"Type": "Notification", "Timestamp": "2026-11-23T15:05:02.214Z"}),
    "a message that is no JSON": json.dumps({"Message": "STOP", "Timestamp": "2026-11-23T15:05Z"}),
    "a string of a string": json.dumps({"Message": json.dumps(json.dumps({"a": 1}))}),
    "no time": json.dumps({"Message": "{}"}),
    "a confirmation with a foreign address": json.dumps(
        {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://evil.example/?Token=1"}
    ),
    "deep": '{"Message":' * 5000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_put_aside_whole(world: World, name: str) -> None:
    entry = {**an_entry(), "messageId": f"unreadable-{name}", "body": UNREADABLE[name]}
    before = world.state()
    assert receive(world, entry) == DONE
    kept = world.objects("QuarantineBucket")
    assert [body for key, body in kept.items() if key.endswith(f"unreadable-{name}")] == [
        UNREADABLE[name].encode()
    ]
    assert world.state() == before


@pytest.mark.parametrize("missing", ["inboundMessageId", "destinationNumber", "messageBody"])
def test_a_sender_that_can_be_made_out_is_stopped_as_a_precaution(
    world: World, missing: str
) -> None:
    phone = f"+141555530{len(missing)}"
    entry = an_entry(originationNumber=phone, **{missing: ...})
    for _ in range(2):
        assert receive(world, entry) == DONE
    assert statuses(world, phone) == {"withdrawn"}
    assert world.texts(phone) == []
    assert any(key.endswith(entry["messageId"]) for key in world.objects("QuarantineBucket"))


def test_quarantine_is_counted_so_that_an_alarm_can_ring(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    receive(world, {**an_entry(), "body": "?"})
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(sum(each.get("InboundQuarantined", [0])) for each in counted) == 1


def test_what_may_pass_by_itself_comes_again_and_the_rest_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assent.errors import TryAgainError

    good = an_entry(originationNumber="+14155552010", messageBody="STOP")
    bad = an_entry(originationNumber="+14155552011", messageBody="STOP")
    keys = world.wire("inbound_sms").keys
    plain = type(keys).key_of

    def failing(self: Any, phone: Any) -> Any:
        if phone.e164.endswith("2011"):
            raise TryAgainError("not now")
        return plain(self, phone)

    with monkeypatch.context() as patch:
        patch.setattr(type(keys), "key_of", failing)
        found = receive(world, bad, good)
    assert found == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert statuses(world, "+14155552010") == {"withdrawn"}
    assert receive(world, bad) == DONE
    assert statuses(world, "+14155552011") == {"withdrawn"}


def test_a_text_that_fails_whatever_is_tried_stops_its_sender_before_the_queue_gives_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = "+14155552012"
    entry = an_entry(originationNumber=phone, messageBody="STOP")
    inbound = world.wire("inbound_sms").inbound

    def failing(*_: Any) -> Any:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(type(inbound), "receive", failing)
        first = receive(world, {**entry, "attributes": _delivered(entry, 3)})
        assert first["batchItemFailures"]
        assert statuses(world, phone) == set()
        assert receive(world, {**entry, "attributes": _delivered(entry, 4)}) == DONE
    assert statuses(world, phone) == {"withdrawn"}
    assert any(key.endswith(entry["messageId"]) for key in world.objects("QuarantineBucket"))


def _delivered(entry: dict[str, Any], times: int) -> dict[str, str]:
    return {**entry["attributes"], "ApproximateReceiveCount": str(times)}


@pytest.mark.parametrize("sender", ["12345", "ExampleBank", "+12065550100"])
def test_nothing_is_answered_to_a_name_a_short_code_or_ourselves(world: World, sender: str) -> None:
    before = len(world.texts())
    entry = an_entry(originationNumber=sender, messageBody="HELP")
    assert receive(world, entry) == DONE
    assert len(world.texts()) == before


def test_the_handler_itself_holds_no_state_of_a_message() -> None:
    module = handler_module("inbound_sms")
    assert not [
        name
        for name, value in vars(module).items()
        if isinstance(value, list | dict) and not name.startswith("__")
    ]


@pytest.mark.parametrize("body", ["STOP", "HELP", "hello"])
@pytest.mark.parametrize("sender", ["72055", "AMAZON", "own"], ids=["short code", "name", "own"])
def test_machines_are_never_answered(world: World, sender: str, body: str) -> None:
    entry = an_entry(originationNumber=sender, messageBody=body)
    if sender == "own":
        own = json.loads(json.loads(entry["body"])["Message"])["destinationNumber"]
        entry = an_entry(originationNumber=own, messageBody=body)
    before = len(world.texts())
    assert receive(world, entry) == DONE
    assert len(world.texts()) == before


def test_answers_to_one_number_are_capped_per_day(world: World) -> None:
    phone = "+14155552099"
    entries = [an_entry(originationNumber=phone, messageBody="HELP") for _ in range(13)]
    for entry in entries:
        receive(world, entry)
    assert len(world.texts(phone)) == 10

"""Staff read what people texted back and decide it over HTTP: one call, once, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.inbound import an_entry, an_event
from tests.functions.people import agree
from tests.functions.requests import Client

if TYPE_CHECKING:
    from tests.functions.world import World

NUMBERS = iter(range(12065552600, 12065552699))


@pytest.fixture
def till(world: World) -> Client:
    return Client(world, "consent_staff", "marketing")


def texted(world: World, body: str, phone: str | None = None) -> tuple[str, dict[str, Any]]:
    """Let a confirmed person text `body`; return the number and the inbox item that it became."""
    sender = phone or f"+{next(NUMBERS)}"
    if phone is None:
        agree(world, sender)
    entry = an_entry(originationNumber=sender, messageBody=body)
    assert world.invoke("inbound_sms", an_event(entry)) == {"batchItemFailures": []}
    reader = Client(world, "campaign_api", "marketing")
    found = [
        item
        for box in ("review", "feedback")
        for item in reader.get("/v1/inbox", box=box, limit="100").json["items"]
        if item["body"] == body
    ]
    return sender, found[0]


def decide(till: Client, item: dict[str, Any], decision: str, **more: Any) -> Any:
    path = f"/v1/inbox/{item['item_id']}/decision"
    return till.send("POST", path, {"decision": decision, **more})


def history(world: World, phone: str) -> list[dict[str, Any]]:
    desk = Client(world, "export_api", "compliance")
    items: list[dict[str, Any]] = desk.get("/v1/consents/history", phone=phone).json["items"]
    return items


def status(world: World, phone: str) -> str:
    desk = Client(world, "export_api", "compliance")
    found = desk.get("/v1/consents", phone=phone, programme_id="demo").json
    return str(found["items"][0]["status"])


def test_an_opt_out_is_recorded_and_the_item_filed(world: World, till: Client) -> None:
    phone, item = texted(world, "is the 9 a bus stop line?")
    assert (item["box"], item["decision"]) == ("review", None)
    answer = decide(till, item, "opt_out", note="called to make sure")
    assert (answer.status, answer.json["box"], answer.json["was_in"]) == (200, "done", "review")
    decision = answer.json["decision"]
    assert (decision["decision"], decision["note"]) == ("opt_out", "called to make sure")
    assert decision["by"]
    assert status(world, phone) == "withdrawn"
    event = history(world, phone)[-1]
    assert (event["type"], event["source"]) == ("withdrawn", "staff")
    assert event["evidence"]["reply"] == "is the 9 a bus stop line?"
    assert event["evidence"]["actor"] == decision["by"]
    assert all(each["is_intact"] for each in history(world, phone))
    reader = Client(world, "campaign_api", "compliance")
    assert item["item_id"] not in str(reader.get("/v1/inbox", box="review", limit="100").json)
    assert answer.json in reader.get("/v1/inbox", box="done", limit="100").json["items"]


def test_a_release_lifts_the_hold(world: World, till: Client) -> None:
    phone, item = texted(world, "do you stop at the mall?")
    assert decide(till, item, "release").status == 200
    assert [each["type"] for each in history(world, phone)][-2:] == ["held", "released"]
    assert status(world, phone) == "confirmed"


def test_the_same_again_is_one_and_another_is_refused(world: World, till: Client) -> None:
    phone, item = texted(world, "which stop is yours?")
    first, again = (decide(till, item, "release") for _ in range(2))
    assert first.json == again.json
    assert [each["type"] for each in history(world, phone)].count("released") == 1
    other = decide(till, item, "opt_out")
    assert (other.status, other.code) == (409, "illegal_transition")
    assert status(world, phone) == "confirmed"


def test_feedback_is_filed(world: World, till: Client) -> None:
    _, item = texted(world, "do you sell hats?")
    assert (item["box"], decide(till, item, "release").status) == ("feedback", 409)
    assert decide(till, item, "done").json["was_in"] == "feedback"


def test_a_sender_that_is_no_phone_can_only_be_filed(world: World, till: Client) -> None:
    _, item = texted(world, "STOP this short code", phone="72055")
    assert item["subscriber_key"] is None
    assert decide(till, item, "opt_out").code == "illegal_transition"
    assert decide(till, item, "done").status == 200


@pytest.mark.parametrize(
    ("item_id", "body", "status", "code"),
    [
        pytest.param("in_0", {"decision": "done"}, 404, "inbox_item_not_found", id="no such"),
        pytest.param("in_0", {"decision": "stop"}, 400, "malformed_request", id="other decision"),
        pytest.param("in_0", {}, 400, "malformed_request", id="none"),
        pytest.param("in_0", {"decision": "done", "x": 1}, 400, "malformed_request", id="more"),
        pytest.param("in_0", {"decision": "done", "note": ""}, 400, "malformed_request", id="note"),
        pytest.param("a b", {"decision": "done"}, 400, "malformed_request", id="no id"),
    ],
)
def test_a_faulty_decision_is_refused(
    till: Client, item_id: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = till.send("POST", f"/v1/inbox/{item_id}/decision", body)
    assert (answer.status, answer.code) == (status, code)


def test_compliance_reads_and_does_not_decide(world: World) -> None:
    _, item = texted(world, "stop sign ahead")
    desk = Client(world, "consent_staff", "compliance")
    assert decide(desk, item, "release").code == "forbidden"


def test_a_decision_is_in_the_staff_audit_of_the_person(world: World, till: Client) -> None:
    phone, item = texted(world, "is it a one stop shop")
    decide(till, item, "release")
    desk = Client(world, "export_api", "compliance")
    entries = desk.get("/v1/audit", subject_phone=phone).json["items"]
    deeds = [(each["action"], each["outcome"], each["about"]) for each in entries]
    assert ("inbox_decided", "done", item["item_id"]) in deeds


def test_an_erased_persons_decided_text_has_no_words(world: World, till: Client) -> None:
    phone, item = texted(world, "pit stop for Wilhelmina Q?")
    decide(till, item, "release", note="Wilhelmina asks for a pit stop")
    desk = Client(world, "consent_staff", "compliance")
    body = {"phone": phone, "reason": "asked by letter"}
    assert desk.send("POST", "/v1/erasures", body).json["status"] == "erased"
    assert "Wilhelmina" not in repr(world.state())


def test_no_word_of_a_text_or_note_is_logged(
    world: World, till: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    _, item = texted(world, "unmistakable stop words")
    decide(till, item, "opt_out", note="unmistakable note")
    assert "unmistakable" not in capsys.readouterr().out

"""Staff enter sign-ups and erase people over HTTP: each act is audited, each group has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.people import agree
from tests.functions.requests import Client

if TYPE_CHECKING:
    from tests.functions.world import World

ENTRY: dict[str, Any] = {
    "programme_id": "demo",
    "phone": "+12065552501",
    "disclosure_version": 1,
    "note": "Signed the card at the till",
}
REASON = "Asked by letter on Monday"


@pytest.fixture
def till(world: World) -> Client:
    return Client(world, "consent_staff", "marketing")


@pytest.fixture
def desk(world: World) -> Client:
    return Client(world, "consent_staff", "compliance")


def history(world: World, phone: str) -> list[dict[str, Any]]:
    found = Client(world, "export_api", "compliance").get("/v1/consents/history", phone=phone)
    items: list[dict[str, Any]] = found.json["items"]
    return items


def test_who_staff_enter_is_asked_by_text_and_not_taken_for_granted(
    world: World, till: Client
) -> None:
    answer = till.send("POST", "/v1/staff/opt-ins", ENTRY)
    assert (answer.status, answer.json) == (202, {"status": "pending"})
    (text,) = world.texts("+12065552501")
    assert "YES" in text
    requested = history(world, "+12065552501")[0]
    assert (requested["type"], requested["source"]) == ("requested", "staff")
    assert requested["evidence"]["note"] == ENTRY["note"]
    assert requested["evidence"]["actor"]
    assert requested["facts"]["disclosure_version"] == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        pytest.param({"note": " "}, 422, "invalid_input", id="no word of how"),
        pytest.param({"disclosure_version": 9}, 422, "unknown_disclosure", id="wording"),
        pytest.param({"phone": "12"}, 422, "invalid_phone", id="number"),
        pytest.param({"programme_id": "none"}, 404, "programme_not_found", id="programme"),
        pytest.param({"consent": True}, 400, "malformed_request", id="a field too many"),
    ],
)
def test_a_faulty_entry_is_refused_and_nobody_is_texted(
    world: World, till: Client, change: dict[str, Any], status: int, code: str
) -> None:
    before = len(world.texts())
    answer = till.send("POST", "/v1/staff/opt-ins", {**ENTRY, **change})
    assert (answer.status, answer.code) == (status, code)
    assert len(world.texts()) == before


def test_an_entry_sent_twice_under_one_key_is_one(world: World, till: Client) -> None:
    once = {**ENTRY, "phone": "+12065552502"}
    for _ in range(2):
        till.send("POST", "/v1/staff/opt-ins", once, headers={"idempotency-key": "till-1"})
    assert len(world.texts("+12065552502")) == 1
    types = [each["type"] for each in history(world, "+12065552502")]
    assert types == ["requested", "confirmation_texted"]


def test_each_group_has_its_own_route(till: Client, desk: Client) -> None:
    erasure = {"phone": "+12065552503", "reason": REASON}
    assert desk.send("POST", "/v1/staff/opt-ins", ENTRY).status == 403
    assert till.send("POST", "/v1/erasures", erasure).status == 403


def test_an_erased_person_leaves_hashes_and_nothing_else(world: World, desk: Client) -> None:
    phone = "+12065552504"
    agree(world, phone, first_name="Wilhelmina")
    answer = desk.send("POST", "/v1/erasures", {"phone": phone, "reason": REASON})
    assert (answer.status, answer.json["status"]) == (200, "erased")
    kept = repr(world.state())
    assert phone not in kept
    assert "Wilhelmina" not in kept
    events = history(world, phone)
    assert [each["type"] for each in events][-1] == "erased"
    assert [each["evidence"] is None for each in events] == [True, True, True, False]
    assert all(each["is_intact"] for each in events)
    texts = Client(world, "export_api", "compliance").get("/v1/messages", phone=phone).json["items"]
    assert {each["body"] for each in texts} == {""}


def test_an_erasure_repeated_says_the_same_and_adds_nothing(world: World, desk: Client) -> None:
    phone = "+12065552505"
    agree(world, phone)
    first, again = (
        desk.send("POST", "/v1/erasures", {"phone": phone, "reason": REASON}) for _ in range(2)
    )
    assert first.json == again.json
    assert [each["type"] for each in history(world, phone)].count("erased") == 1


def test_a_number_never_seen_is_told_to_be_unknown(desk: Client) -> None:
    body = {"phone": "+12065552506", "reason": REASON}
    answer = desk.send("POST", "/v1/erasures", body)
    assert (answer.status, answer.json["status"]) == (200, "nothing_held")


def test_erasures_and_entries_are_in_the_staff_audit(world: World, desk: Client) -> None:
    phone = "+12065552507"
    agree(world, phone)
    desk.send("POST", "/v1/erasures", {"phone": phone, "reason": REASON})
    found = Client(world, "export_api", "compliance").get("/v1/audit", subject_phone=phone)
    outcomes = [(e["action"], e["outcome"]) for e in found.json["items"]]
    assert ("person_erased", "done") in outcomes

"""Staff and other systems report attributes and behaviour over HTTP, a row at a time or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.people import agree
from tests.functions.requests import Client

if TYPE_CHECKING:
    from tests.functions.world import World

ATTRIBUTES, BEHAVIOUR = "/v1/subscribers/attributes", "/v1/behaviour-events"
UNKNOWN = "+12065552690"


@pytest.fixture
def system(world: World) -> Client:
    return Client(world, "subscribers_api", "systems")


def item_of(world: World, phone: str) -> dict[str, Any]:
    found = [each for each in world.items("SubscribersTable") if each.get("ph") == phone]
    return found[0] if found else {}


def purchase(phone: str, **more: Any) -> dict[str, Any]:
    return {"phone": phone, "kind": "purchase", **more}


def statuses(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return [row["status"] for row in answer.json["items"]]


def test_rows_have_fates_of_their_own_and_consent_stays(world: World, system: Client) -> None:
    agree(world, "+12065552601")
    before = item_of(world, "+12065552601")
    rows = [
        {"phone": "+12065552601", "attributes": {"tier": "gold"}, "profile": {"region": "WA"}},
        {"phone": UNKNOWN, "attributes": {"tier": "gold"}},
        {"phone": "12", "attributes": {"tier": "gold"}},
        {"phone": "+12065552601", "profile": {"time_zone": "Mars/Olympus"}},
    ]
    answer = system.send("PUT", ATTRIBUTES, {"items": rows})
    assert statuses(answer) == ["done", "unknown_subscriber", "invalid", "invalid"]
    assert answer.json["items"][3]["field"] == "time_zone"
    after = item_of(world, "+12065552601")
    assert after["pr"] == {**before["pr"], "region": "WA", ".tier": "gold"}
    assert {**after, "pr": None} == {**before, "pr": None}
    assert item_of(world, UNKNOWN) == {}


def test_a_call_sent_twice_counts_once(world: World, system: Client) -> None:
    agree(world, "+12065552602")
    body = {"items": [purchase("+12065552602"), purchase("+12065552602")]}
    once = {"Idempotency-Key": "orders-1"}
    first, again = (system.send("POST", BEHAVIOUR, body, headers=once) for _ in range(2))
    assert first.text == again.text
    assert item_of(world, "+12065552602")["ep"].value[4:7] == b"\0\0\2"


def test_an_event_of_one_name_counts_once_in_whatever_call(world: World, system: Client) -> None:
    agree(world, "+12065552603")
    body = {"items": [purchase("+12065552603", event_id="order-7")]}
    assert statuses(system.send("POST", BEHAVIOUR, body)) == ["done"]
    assert statuses(system.send("POST", BEHAVIOUR, body)) == ["repeated"]


@pytest.mark.parametrize("group", ["compliance", "others"])
def test_only_marketing_and_systems_report(world: World, group: str) -> None:
    caller = Client(world, "subscribers_api", group)
    assert caller.send("POST", BEHAVIOUR, {"items": [purchase(UNKNOWN)]}).status == 403


def test_a_hundred_rows_are_the_most(system: Client) -> None:
    body = {"items": [purchase(UNKNOWN)] * 101}
    assert system.send("POST", BEHAVIOUR, body).status == 400
    assert system.send("POST", BEHAVIOUR, {"items": []}).status == 400


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_an_event_long_past_or_ahead_is_invalid(system: Client, at: str) -> None:
    answer = system.send("POST", BEHAVIOUR, {"items": [purchase(UNKNOWN, at=at)]})
    assert statuses(answer) == ["invalid"]


# Previews

PREVIEW = "/v1/templates/preview"


@pytest.fixture
def author(world: World) -> Client:
    return Client(world, "subscribers_api", "marketing")


def test_a_text_is_shown_as_its_reader_would_read_it(
    world: World, author: Client, marketing: Client
) -> None:
    agree(world, "+12065552604", first_name="Zoë")
    french = {"items": [{"phone": "+12065552604", "profile": {"locale": "fr-CA"}}]}
    assert statuses(author.send("PUT", ATTRIBUTES, french)) == ["done"]
    text = {"name": "Spring", "locale": "en", "body": "Hi {{ first_name }}"}
    wordings = {**text, "others": {"fr": "Salut {{ first_name }}, c’est le printemps"}}
    made = marketing.send("POST", "/v1/templates", wordings).json
    asked = {"programme_id": "demo", "template_id": made["template_id"], "phone": "+12065552604"}
    shown = author.send("POST", PREVIEW, asked).json
    assert shown["locale"] == "fr"
    assert shown["text"].startswith("Example Shop: Salut Zoë, c’est le printemps")
    assert (shown["adds_brand"], shown["adds_opt_out"]) == (True, True)
    assert (shown["encoding"], shown["parts"]) == ("UCS-2", 1)
    assert [each["character"] for each in shown["culprits"]] == ["ë", "’"]
    assert shown["culprits"][0]["index"] == shown["text"].index("ë")
    assert shown["transliterated_body"] == "Salut {{ first_name }}, c'est le printemps"


def test_what_cannot_be_sent_to_a_person_says_why(author: Client) -> None:
    asked = {"programme_id": "demo", "body": "Hi {{ first_name }}", "fields": {"region": "WA"}}
    shown = author.send("POST", PREVIEW, asked).json
    assert shown["text"] is None
    assert shown["not_renderable"] == {"reason": "missing_data", "missing": ["first_name"]}


def test_a_value_is_never_expanded_again(author: Client) -> None:
    asked = {
        "programme_id": "demo",
        "body": "Hi {{ first_name }}",
        "fields": {"first_name": "{{ brand }}"},
    }
    assert "Hi {{ brand }}" in author.send("POST", PREVIEW, asked).json["text"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 422),
        ({"body": "Hi", "template_id": "t_1"}, 422),
        ({"template_id": "t_none"}, 404),
        ({"body": "Hi {{ nonsense }}"}, 422),
        ({"body": "Hi", "phone": UNKNOWN}, 404),
        ({"body": "Hi", "programme_id": "none"}, 404),
    ],
)
def test_a_preview_of_nothing_is_refused(
    author: Client, change: dict[str, Any], status: int
) -> None:
    assert author.send("POST", PREVIEW, {"programme_id": "demo", **change}).status == status


def test_a_version_is_added_after_the_one_that_was_read(marketing: Client) -> None:
    text = {"name": "Spring", "locale": "en", "body": "Hi"}
    path = f"/v1/templates/{marketing.send('POST', '/v1/templates', text).json['template_id']}"
    assert marketing.send("POST", f"{path}/versions", {**text, "version": 1}).status == 201
    assert marketing.send("POST", f"{path}/versions", {**text, "version": 1}).status == 409
    assert marketing.get(path, version="1").json["version"] == 1
    assert marketing.send("POST", "/v1/templates", {**text, "body": "{{ x }}"}).status == 422

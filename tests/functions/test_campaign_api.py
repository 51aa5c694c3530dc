"""What staff do over HTTP: programmes, segments, campaigns, and who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assent.http.staff import PERMITTED, Group
from tests.architecture.deployable import folder_of, functions
from tests.functions.programmes import COUNTRIES, DISCLOSURE
from tests.functions.rehearsals import launch, rehearse
from tests.functions.requests import Client, answer, request
from tests.functions.world import sample

if TYPE_CHECKING:
    from tests.functions.requests import Answer
    from tests.functions.world import World

PROGRAMME: dict[str, Any] = {
    "programme_id": "vip",
    "name": "VIP news",
    "description": "For our best customers",
    "max_per_month": 4,
    "countries": ["US", "GB"],
    "locales": ["en"],
    "terms_url": "https://example.com/terms",
    "privacy_url": "https://example.com/privacy",
    "origins": ["https://shop.example"],
}


@pytest.fixture(scope="module")
def segment_id(world: World) -> str:
    client = Client(world, "campaign_api", "marketing")
    made = client.send("POST", "/v1/segments", {"name": "All", "rule": {"all": True}})
    return str(made.json["segment_id"])


def a_campaign(segment_id: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "Spring",
        "programme_id": "demo",
        "segment_id": segment_id,
        "body": "Hi {{ first_name | default('there') }}, 20% off today",
        **more,
    }


def draft(client: Client, segment_id: str, **more: Any) -> Any:
    made = client.send("POST", "/v1/campaigns", a_campaign(segment_id, **more))
    assert made.status == 201, made.text
    return made.json


def act(client: Client, campaign_id: str, verb: str) -> Answer:
    return client.send("POST", f"/v1/campaigns/{campaign_id}/{verb}")


def test_a_recorded_event_is_answered(world: World) -> None:
    found = answer(world.invoke("campaign_api", sample("staff_request")))
    assert found.status == 200
    assert set(found.json) == {"items", "next_cursor"}


# Programmes


def test_a_programme_is_created_published_and_changed(marketing: Client, public: Client) -> None:
    made = marketing.send("POST", "/v1/programmes", PROGRAMME)
    assert (made.status, made.json["brand"], made.json["version"]) == (201, "Example Shop", 1)
    assert public.get("/v1/programmes/vip").code == "disclosure_not_found"
    text = DISCLOSURE.replace("8 msgs", "4 msgs")
    published = marketing.send(
        "POST", "/v1/programmes/vip/disclosures", {"locale": "en", "text": text}
    )
    assert (published.status, published.json["version"]) == (201, 1)
    assert public.get("/v1/programmes/vip").json["disclosure"]["text"] == text
    terms = {k: v for k, v in PROGRAMME.items() if k != "programme_id"}
    changed = marketing.send("PUT", "/v1/programmes/vip", {**terms, "name": "VIP", "version": 1})
    assert (changed.status, changed.json["name"], changed.json["version"]) == (200, "VIP", 2)
    stale = marketing.send("PUT", "/v1/programmes/vip", {**terms, "version": 1})
    assert (stale.status, stale.code) == (409, "changed_meanwhile")
    taken = marketing.send("POST", "/v1/programmes", PROGRAMME)
    assert (taken.status, taken.code) == (409, "already_exists")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"programme_id": "No Spaces"}, 400, "malformed_request"),
        ({"programme_id": "x" * 60}, 400, "malformed_request"),
        ({"name": ""}, 400, "malformed_request"),
        ({"name": "a\nb"}, 400, "malformed_request"),
        ({"name": "x" * 1000}, 400, "malformed_request"),
        ({"brand": "x" * 99}, 422, "invalid_input"),
        ({"max_per_month": 0}, 400, "malformed_request"),
        ({"max_per_month": "4"}, 400, "malformed_request"),
        ({"countries": []}, 400, "malformed_request"),
        ({"countries": ["KP"]}, 422, "invalid_input"),
        ({"countries": ["us"]}, 400, "malformed_request"),
        ({"locales": []}, 400, "malformed_request"),
        ({"terms_url": "http://example.com"}, 422, "invalid_input"),
        ({"terms_url": "javascript:alert(1)"}, 400, "malformed_request"),
        ({"version": 3}, 400, "malformed_request"),
    ],
)
def test_a_bad_programme_changes_nothing(
    world: World, marketing: Client, changes: dict[str, Any], status: int, code: str
) -> None:
    before = world.state()
    body = {**PROGRAMME, "programme_id": "bad", **changes}
    found = marketing.send("POST", "/v1/programmes", body)
    assert (found.status, found.code) == (status, code)
    assert world.state() == before


def test_a_wording_that_lacks_an_element_is_not_published(world: World, marketing: Client) -> None:
    before = world.state()
    found = marketing.send(
        "POST", "/v1/programmes/demo/disclosures", {"locale": "en", "text": "Texts, please!"}
    )
    assert (found.status, found.code) == (422, "invalid_text")
    assert world.state() == before


# Segments


def test_a_segment_is_saved_read_changed_and_counted(marketing: Client) -> None:
    rule = {"field": "region", "op": "eq", "value": "FL"}
    made = marketing.send("POST", "/v1/segments", {"name": "Florida", "rule": rule})
    assert (made.status, made.json["rule"], made.json["version"]) == (201, rule, 1)
    path = f"/v1/segments/{made.json['segment_id']}"
    assert marketing.get(path).json == made.json
    changed = {"name": "Florida and more", "rule": {"all": True}, "version": 1}
    assert marketing.send("PUT", path, changed).json["version"] == 2
    assert marketing.send("PUT", path, changed).code == "changed_meanwhile"
    counted = marketing.get(f"{path}/count", programme_id="demo")
    assert (counted.json["matched"], counted.json["textable"]) == (0, 0)


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"all": True}
    for _ in range(depth):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"and": []},
        {"all": False},
        {"field": "isAdmin", "op": "eq", "value": 1},
        {"field": "first_name", "op": "regex", "value": "(a+)+$"},
        {"field": "first_name", "op": "eq"},
        {"field": "birth_year", "op": "gt", "value": "1990"},
        {"field": "birth_year", "op": "gt", "value": 1e308},
        {"field": {"S": "x"}, "op": "eq", "value": 1},
        {"or": [{"field": "region", "op": "eq", "value": "FL"}] * 500},
        nested(50),
    ],
    ids=lambda rule: str(rule)[:40],
)
def test_a_bad_rule_is_refused(world: World, marketing: Client, rule: dict[str, Any]) -> None:
    before = world.state()
    found = marketing.send("POST", "/v1/segments", {"name": "Bad", "rule": rule})
    assert (found.status, found.code) == (422, "invalid_segment")
    assert world.state() == before


@pytest.mark.parametrize("depth", [300, 900])
def test_a_rule_too_deep_to_read_is_refused(marketing: Client, depth: int) -> None:
    found = marketing.send("POST", "/v1/segments", {"name": "Deep", "rule": nested(depth)})
    assert found.status in (400, 422)
    assert found.code in ("malformed_request", "invalid_segment")


@pytest.mark.parametrize("value", ["' OR 1=1", ":v", "#n", "{{7*7}}", "$.x"])
def test_a_value_is_a_literal_whatever_it_looks_like(marketing: Client, value: str) -> None:
    rule = {"field": "region", "op": "eq", "value": value}
    made = marketing.send("POST", "/v1/segments", {"name": "Literal", "rule": rule})
    assert made.status == 201
    counted = marketing.get(f"/v1/segments/{made.json['segment_id']}/count")
    assert counted.json["matched"] == 0


# Campaigns


def test_a_campaign_goes_through_its_life(world: World, marketing: Client, segment_id: str) -> None:
    made = draft(marketing, segment_id)
    assert (made["status"], made["version"], made["progress"]) == ("draft", 1, None)
    assert made["created_by"] == "5448a4c8-7081-70f1-2bbf-0f6fd8a0d5f1"
    path = f"/v1/campaigns/{made['campaign_id']}"
    changed = marketing.send("PUT", path, a_campaign(segment_id, name="Summer", version=1))
    assert (changed.status, changed.json["name"]) == (200, "Summer")
    assert act(marketing, made["campaign_id"], "launch").code == "rehearsal_needed"
    launched = launch(world, marketing, made["campaign_id"])
    assert (launched.status, launched.json["status"]) == (200, "scheduled")
    assert launched.json["progress"]["planned"] == 0
    names = [each["name"] for each in world.executions("CampaignStateMachine")]
    assert f"{made['campaign_id']}-r1" in names
    late = marketing.send("PUT", path, a_campaign(segment_id, version=launched.json["version"]))
    assert (late.status, late.code) == (409, "illegal_transition")
    assert act(marketing, made["campaign_id"], "resume").code == "illegal_transition"
    assert act(marketing, made["campaign_id"], "pause").json["status"] == "paused"
    assert act(marketing, made["campaign_id"], "resume").json["status"] == "scheduled"
    cancelled = act(marketing, made["campaign_id"], "cancel")
    assert cancelled.json["status"] == "cancelled"
    assert act(marketing, made["campaign_id"], "launch").code == "illegal_transition"
    assert marketing.get(path).json["status"] == "cancelled"


def test_a_campaign_launched_twice_is_one_run(
    world: World, marketing: Client, segment_id: str
) -> None:
    made = draft(marketing, segment_id)
    rehearse(world, marketing, made["campaign_id"])
    path = f"/v1/campaigns/{made['campaign_id']}/launch"
    for _ in range(2):
        assert marketing.send("POST", path, {"allow_empty": True}).status == 200
    listed = marketing.get("/v1/campaigns", status="scheduled").json["items"]
    assert [each["campaign_id"] for each in listed].count(made["campaign_id"]) == 1


BAD_CAMPAIGNS: dict[str, tuple[dict[str, Any], int, str]] = {
    "name missing": ({"name": ...}, 400, "malformed_request"),
    "name with control characters": ({"name": "a\x07"}, 400, "malformed_request"),
    "name of spaces": ({"name": "   "}, 422, "invalid_input"),
    "name a kilobyte": ({"name": "x" * 1024}, 400, "malformed_request"),
    "name a megabyte": ({"name": "x" * 2**20}, 413, "payload_too_large"),
    "programme unknown": ({"programme_id": "none"}, 404, "programme_not_found"),
    "segment unknown": ({"segment_id": "s_none"}, 404, "segment_not_found"),
    "text missing": ({"body": ...}, 422, "invalid_input"),
    "text empty": ({"body": ""}, 400, "malformed_request"),
    "text of 1601": ({"body": "x" * 1601}, 400, "malformed_request"),
    "text with NUL": ({"body": "a\x00"}, 400, "malformed_request"),
    "text with a bidi override": ({"body": "a\u202eb"}, 400, "malformed_request"),
    "unknown placeholder": ({"body": "Hi {{ password }}"}, 422, "invalid_text"),
    "attribute access": ({"body": "{{ first_name.__class__ }}"}, 422, "invalid_text"),
    "multiplication": ({"body": '{{ "a" * 10**8 }}'}, 422, "invalid_text"),
    "a loop": ({"body": "{% for x in range(10**9) %}a{% endfor %}"}, 422, "invalid_text"),
    "broken template": ({"body": "Hi {{ first_name"}, 422, "invalid_text"),
    "other calendar": ({"quiet_hours": "none"}, 400, "malformed_request"),
    "override without a reason": ({"quiet_hours": "override"}, 422, "invalid_input"),
    "hold-out of 101": ({"hold_out_percent": 101}, 400, "malformed_request"),
    "hold-out negative": ({"hold_out_percent": -1}, 400, "malformed_request"),
    "hold-out a fraction": ({"hold_out_percent": 0.5}, 400, "malformed_request"),
    "status set by the caller": ({"status": "running"}, 400, "malformed_request"),
    "version on creation": ({"version": 7}, 400, "malformed_request"),
}


@pytest.mark.parametrize("name", BAD_CAMPAIGNS)
def test_a_bad_campaign_changes_nothing(
    world: World, marketing: Client, segment_id: str, name: str
) -> None:
    changes, status, code = BAD_CAMPAIGNS[name]
    body = {k: v for k, v in {**a_campaign(segment_id), **changes}.items() if v is not ...}
    before = world.state()
    found = marketing.send("POST", "/v1/campaigns", body)
    assert (found.status, found.code) == (status, code)
    assert world.state() == before


def test_the_same_key_drafts_one_campaign(marketing: Client, segment_id: str) -> None:
    headers = {"idempotency-key": "spring-2027"}
    first, second = (
        marketing.send("POST", "/v1/campaigns", a_campaign(segment_id), headers=headers)
        for _ in range(2)
    )
    assert (first.status, first.text) == (second.status, second.text)
    other = marketing.send(
        "POST", "/v1/campaigns", a_campaign(segment_id, name="Other"), headers=headers
    )
    assert (other.status, other.code) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("verb", ["rehearsal", "approve", "launch", "pause", "resume", "cancel"])
def test_an_unknown_campaign_is_not_found(marketing: Client, verb: str) -> None:
    assert act(marketing, "c_none", verb).code == "campaign_not_found"


def test_lists_page_by_cursor(marketing: Client, segment_id: str) -> None:
    for _ in range(3):
        draft(marketing, segment_id)
    whole = [c["campaign_id"] for c in marketing.get("/v1/campaigns").json["items"]]
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = marketing.get("/v1/campaigns", **query).json
        seen += [each["campaign_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == whole
    assert len(seen) >= 3


def test_a_cursor_of_another_list_or_altered_is_refused(marketing: Client, segment_id: str) -> None:
    draft(marketing, segment_id)
    draft(marketing, segment_id)
    cursor = marketing.get("/v1/campaigns", limit="1").json["next_cursor"]
    altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for path, value in [
        ("/v1/campaigns", altered),
        ("/v1/campaigns", "x"),
        ("/v1/campaigns", "é.é"),
        ("/v1/segments", cursor),
    ]:
        assert marketing.get(path, cursor=value).code == "invalid_cursor"
    assert marketing.get("/v1/campaigns", status="draft", cursor=cursor).code == "invalid_cursor"


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"status": "sent"}, {"stat": "draft"}],
    ids=str,
)
def test_a_bad_query_is_refused(marketing: Client, query: dict[str, str]) -> None:
    found = marketing.get("/v1/campaigns", **query)
    assert (found.status, found.code) == (400, "malformed_request")


def test_the_inbox_is_read(marketing: Client) -> None:
    for box in ("review", "feedback", "help"):
        assert marketing.get("/v1/inbox", box=box).json == {"items": [], "next_cursor": None}
    assert marketing.get("/v1/inbox", box="other").code == "malformed_request"


# Who may do what: every staff route, both groups, and nobody.


def function_of(route: str) -> str:
    """The folder of the function that the gateway leads the route to."""
    return next(
        folder_of(name).name
        for name, each in functions().items()
        for event in each.get("Events", {}).values()
        if event["Type"] == "HttpApi" and route == "{Method} {Path}".format(**event["Properties"])
    )


@pytest.mark.parametrize("caller", [*Group, "strangers", "marketing-admins"])
@pytest.mark.parametrize("route", PERMITTED)
def test_a_route_is_open_to_its_groups_only(world: World, route: str, caller: str) -> None:
    method, path = route.replace("{", "").replace("}", "").split(" ")
    event = request(method, path, raw="{}", group=caller)
    found = answer(world.invoke(function_of(route), event))
    assert (found.status == 403) == (caller not in PERMITTED[route])


@pytest.mark.parametrize("route", PERMITTED)
def test_a_staff_route_without_a_verified_token_is_closed(world: World, route: str) -> None:
    method, path = route.replace("{", "").replace("}", "").split(" ")
    event = request(method, path, raw="{}")
    assert answer(world.invoke(function_of(route), event)).code == "forbidden"


def test_countries_of_the_template_bind_programmes(world: World, marketing: Client) -> None:
    assert set(COUNTRIES) <= set(world.variables("campaign_api")["ALLOWED_COUNTRIES"].split(","))
    body = {**PROGRAMME, "programme_id": "abroad", "countries": ["CN"]}
    assert marketing.send("POST", "/v1/programmes", body).code == "invalid_input"


def test_a_registration_pack_is_a_page_for_both_groups(
    marketing: Client, compliance_here: Client
) -> None:
    for client in (marketing, compliance_here):
        found = client.get("/v1/programmes/demo/registration-pack")
        assert found.status == 200
        assert found.headers["Content-Type"].startswith("text/html")
        assert "registration-pack-demo.html" in found.headers["Content-Disposition"]
        assert "Answer to STOP" in found.text
    assert marketing.get("/v1/programmes/none/registration-pack").code == "programme_not_found"


@pytest.fixture
def compliance_here(world: World) -> Client:
    return Client(world, "campaign_api", "compliance")

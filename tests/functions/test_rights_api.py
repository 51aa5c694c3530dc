"""Compliance answers for a person's rights over HTTP; marketing does not, and all is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.people import agree
from tests.functions.requests import Client

if TYPE_CHECKING:
    from tests.functions.world import World

PHONE = "+12065552601"
OTHER = "+12065552651"
MARK = {"phone": PHONE, "state": "on", "reason": "claim 7"}


@pytest.fixture
def desk(world: World) -> Client:
    return Client(world, "rights_api", "compliance")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/access-requests", {"phone": PHONE}),
        ("/v1/restrictions", MARK),
        ("/v1/legal-holds", MARK),
    ],
)
def test_marketing_may_do_none_of_it(world: World, path: str, body: dict[str, str]) -> None:
    assert Client(world, "rights_api", "marketing").send("POST", path, body).status == 403


def test_a_hold_queues_an_erasure_and_its_lifting_lets_it_be_asked_again(
    world: World, desk: Client
) -> None:
    agree(world, PHONE)
    assert desk.send("POST", "/v1/legal-holds", MARK).json["changed"] is True
    assert desk.send("POST", "/v1/legal-holds", MARK).json["changed"] is False
    staff = Client(world, "consent_staff", "compliance")
    queued = staff.send("POST", "/v1/erasures", {"phone": PHONE, "reason": "letter"})
    assert (queued.status, queued.json["status"]) == (200, "queued")
    assert desk.send("POST", "/v1/legal-holds", {**MARK, "state": "off"}).json["changed"] is True
    done = staff.send("POST", "/v1/erasures", {"phone": PHONE, "reason": "letter"})
    assert done.json["status"] == "erased"


def test_a_restriction_is_in_the_history_with_who_and_why(world: World, desk: Client) -> None:
    agree(world, PHONE)
    answer = desk.send("POST", "/v1/restrictions", MARK)
    assert (answer.status, answer.json["state"]) == (200, "on")
    reviewer = Client(world, "export_api", "compliance")
    last = reviewer.get("/v1/consents/history", phone=PHONE).json["items"][-1]
    assert (last["type"], last["evidence"]["reason"]) == ("restricted", "claim 7")
    assert last["evidence"]["actor"]


def test_a_restricted_person_is_shown_in_no_preview(world: World, desk: Client) -> None:
    agree(world, OTHER)
    author = Client(world, "subscribers_api", "marketing")
    asked = {"programme_id": "demo", "body": "Hi", "phone": OTHER}
    assert author.send("POST", "/v1/templates/preview", asked).status == 200
    desk.send("POST", "/v1/restrictions", {**MARK, "phone": OTHER})
    assert author.send("POST", "/v1/templates/preview", asked).status == 404


def test_a_review_that_was_never_made_is_not_found(desk: Client) -> None:
    answer = desk.get("/v1/reviews/2026-01-05")
    assert (answer.status, answer.json["code"]) == (404, "report_not_found")


def test_the_rules_of_retention_are_shown_before_anything_is_deleted(desk: Client) -> None:
    found = desk.get("/v1/retention").json
    assert found["items"] == []
    assert {"former_people", "opt_outs"} <= {rule["kind"] for rule in found["rules"]}

"""Pages of other web sites use the sign-up only where the programme names their site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.functions.requests import Answer, Client

SHOP, OTHER = "https://shop.example", "https://other.example"
OWN = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
ALLOW = "Access-Control-Allow-Origin"
FORM = {
    "programme_id": "demo",
    "phone": "+14155552001",
    "consent": True,
    "disclosure_version": 1,
}


def sent(public: Client, origin: str, **more: Any) -> Answer:
    return public.send("POST", "/v1/opt-ins", {**FORM, **more}, headers={"origin": origin})


@pytest.mark.parametrize("path", ["/v1/opt-ins", "/v1/opt-ins/confirm", "/v1/programmes/demo"])
def test_any_page_may_ask_before_it_calls(public: Client, path: str) -> None:
    found = public.send("OPTIONS", path, headers={"origin": OTHER})
    assert found.status == 204
    assert found.headers[ALLOW] == OTHER
    assert found.headers["Access-Control-Allow-Headers"] == "content-type, idempotency-key"
    assert "Access-Control-Allow-Credentials" not in found.headers


def test_a_page_of_a_named_site_reads_what_it_is_answered(public: Client) -> None:
    found = sent(public, SHOP)
    assert (found.status, found.headers[ALLOW], found.headers["Vary"]) == (202, SHOP, "Origin")


def test_a_page_of_a_named_site_also_reads_what_was_wrong(public: Client) -> None:
    found = sent(public, SHOP, phone="12")
    assert (found.code, found.headers[ALLOW]) == ("invalid_phone", SHOP)


@pytest.mark.parametrize(
    "origin", [OTHER, "https://shop.example.evil", "http://shop.example", "null"]
)
def test_a_page_of_another_site_is_refused_and_nobody_is_texted(
    public: Client, origin: str
) -> None:
    before = public.world.texts("+14155552002")
    found = sent(public, origin, phone="+14155552002")
    assert (found.status, found.code) == (403, "origin_not_allowed")
    assert ALLOW not in found.headers
    assert public.world.texts("+14155552002") == before


def test_a_page_of_another_site_cannot_show_the_form(public: Client) -> None:
    found = public.send("GET", "/v1/programmes/demo", headers={"origin": OTHER})
    assert (found.status, ALLOW in found.headers) == (403, False)


def test_our_own_page_and_a_server_need_no_permission(public: Client) -> None:
    assert sent(public, OWN).status == 202
    event_without_origin = public.send("POST", "/v1/opt-ins", FORM, headers={"origin": OWN})
    assert ALLOW not in event_without_origin.headers


def test_the_next_caller_does_not_inherit_a_permission(public: Client) -> None:
    sent(public, SHOP)
    assert ALLOW not in public.send("GET", "/v1/openapi.json").headers

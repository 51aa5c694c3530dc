"""The front door: closed unless a route opens itself, throttled, silent about people."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from assent.http.resolver import key_of
from assent.http.staff import PERMITTED
from tests.architecture.deployable import folder_of, functions, of_type, reference, template

(API,) = of_type("AWS::Serverless::HttpApi").values()
SIGN_UP = {
    "GET /v1/programmes/{programme_id}",
    "POST /v1/opt-ins",
    "POST /v1/opt-ins/confirm",
    "GET /v1/openapi.json",
    "GET /v1/checkpoint",
    "OPTIONS /v1/programmes/{programme_id}",
    "OPTIONS /v1/opt-ins",
    "OPTIONS /v1/opt-ins/confirm",
}
PAGES = {f"{method} /{page}/{{token}}" for method in ("GET", "HEAD", "POST") for page in "cup"}
ON_PAGES = {f"{method} /s/{{programme_id}}" for method in ("GET", "HEAD", "POST")} | {
    "GET /embed.js",
    "GET /embed/{language}",
}
FOLLOWED = {f"{method} /l/{{code}}" for method in ("GET", "HEAD")}
PUBLIC = SIGN_UP | PAGES | ON_PAGES | FOLLOWED

# Behind a cookie of its own, which the function checks.
PUBLIC |= {"GET /console", "GET /console/{page+}", "POST /console/{page+}"}

BEHIND_IT = [
    name
    for name, each in functions().items()
    if any(event["Type"] == "HttpApi" for event in each.get("Events", {}).values())
]


def routes_of(function: str) -> dict[str, dict[str, Any]]:
    events = functions()[function].get("Events", {}).values()
    found = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    return {f"{each['Method']} {each['Path']}": each for each in found}


def routes() -> dict[str, dict[str, Any]]:
    return {name: route for each in BEHIND_IT for name, route in routes_of(each).items()}


@pytest.mark.parametrize("function", BEHIND_IT)
def test_the_gateway_has_the_routes_that_the_function_answers(function: str) -> None:
    path = folder_of(function) / "handler.py"
    spec = importlib.util.spec_from_file_location(f"routes_of_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {key_of(route) for route in module.api().routes()} == set(routes_of(function))


def test_a_route_asks_for_a_staff_token_unless_it_says_otherwise() -> None:
    assert API["Auth"]["DefaultAuthorizer"] == "Staff"
    assert {name for name, route in routes().items() if "Auth" in route} == PUBLIC
    assert all(routes()[name]["Auth"] == {"Authorizer": "NONE"} for name in PUBLIC)


def test_every_staff_route_says_which_groups_may_use_it() -> None:
    assert set(PERMITTED) == set(routes()) - PUBLIC


def test_staff_tokens_come_from_our_pool_for_our_client() -> None:
    staff = API["Auth"]["Authorizers"]["Staff"]["JwtConfiguration"]
    assert reference(staff["issuer"]).endswith("/${UserPool}")
    assert staff["audience"] == [{"Ref": "UserPoolClient"}]


def test_nobody_can_make_an_account_for_themselves() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    groups = {each["GroupName"] for each in of_type("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"marketing", "compliance", "systems"}


def test_routes_that_cause_a_text_or_try_a_code_are_throttled_harder() -> None:
    tight = {
        "ThrottlingRateLimit": {"Ref": "OptInThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "OptInThrottleBurst"},
    }
    pages = {
        "ThrottlingRateLimit": {"Ref": "PagesThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "PagesThrottleBurst"},
    }
    expected = dict.fromkeys(PAGES | ON_PAGES | FOLLOWED, pages)
    for route in ("POST /v1/opt-ins", "POST /v1/opt-ins/confirm", "POST /s/{programme_id}"):
        expected[route] = tight
    expected["POST /console/{page+}"] = pages
    assert API["RouteSettings"] == expected
    assert set(API["RouteSettings"]) <= set(routes())
    parameters = template()["Parameters"]
    assert parameters["OptInThrottleRate"]["Default"] < parameters["ApiThrottleRate"]["Default"]


def test_the_access_log_names_the_route_and_never_what_stood_in_it() -> None:
    line = API["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in line
    for leak in (
        "$context.path",
        "$context.http.path",
        "sourceIp",
        "querystring",
        "userAgent",
        "claims",
    ):
        assert leak not in line


def test_the_gateway_leaves_to_each_programme_whose_pages_may_call() -> None:
    """Its own list would hold for all, and drop what the functions answer."""
    assert "CorsConfiguration" not in API

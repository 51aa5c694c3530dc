"""The front door: closed unless a route opens itself, throttled, silent about people."""

from __future__ import annotations

from typing import Any

from tests.architecture.deployable import functions, of_type, reference, template

(API,) = of_type("AWS::Serverless::HttpApi").values()
PUBLIC = {
    "GET /v1/programmes/{programme_id}",
    "POST /v1/opt-ins",
    "POST /v1/opt-ins/confirm",
    "GET /v1/openapi.json",
}


def routes() -> dict[str, dict[str, Any]]:
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": event["Properties"]
        for each in functions().values()
        for event in each.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def test_a_route_asks_for_a_staff_token_unless_it_says_otherwise() -> None:
    assert API["Auth"]["DefaultAuthorizer"] == "Staff"
    assert {name for name, route in routes().items() if "Auth" in route} == PUBLIC
    assert all(routes()[name]["Auth"] == {"Authorizer": "NONE"} for name in PUBLIC)


def test_staff_tokens_come_from_our_pool_for_our_client() -> None:
    staff = API["Auth"]["Authorizers"]["Staff"]["JwtConfiguration"]
    assert reference(staff["issuer"]).endswith("/${UserPool}")
    assert staff["audience"] == [{"Ref": "UserPoolClient"}]


def test_nobody_can_make_an_account_for_themselves() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    groups = {each["GroupName"] for each in of_type("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"marketing", "compliance"}


def test_routes_that_cause_a_text_or_try_a_code_are_throttled_harder() -> None:
    tight = {
        "ThrottlingRateLimit": {"Ref": "OptInThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "OptInThrottleBurst"},
    }
    assert API["RouteSettings"] == {"POST /v1/opt-ins": tight, "POST /v1/opt-ins/confirm": tight}
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


def test_only_named_origins_may_call_from_a_browser() -> None:
    assert API["CorsConfiguration"]["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert "AllowCredentials" not in API["CorsConfiguration"]
    assert template()["Parameters"]["AllowedOrigins"]["Default"] != "*"

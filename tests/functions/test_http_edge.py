"""The resolver's own promises, on a route of its own: guards, one error format, headers, roles."""

from __future__ import annotations

import base64
import json
import threading
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Query

from assent import errors
from assent.http import problems, refusals
from assent.http.fields import Answer as Shape
from assent.http.fields import Body, Name
from assent.http.resolver import Api, permit
from assent.http.staff import PERMITTED, Group, Staff, staff_of
from tests.functions.requests import Answer, answer, request


class Wish(Body):
    name: Name
    count: int = 1


class Granted(Shape):
    name: str
    ip: str


class BoomError(Exception):
    pass


def an_api() -> Api:
    api = Api(is_staff=False)

    @api.post("/wishes", status_code=201)
    def wish(body: Wish) -> Granted:
        return Granted(name=body.name, ip=api.source_ip)

    @api.get("/wishes")
    def read(at: Annotated[str | None, Query()] = None) -> Granted:
        raise RAISES[at or "boom"]

    @api.get("/wrong")
    def wrong() -> Granted:
        return {"name": 1}  # type: ignore[return-value]

    return api.ready()


RAISES: dict[str, Exception] = {
    "boom": BoomError("+14155550142 must never be shown"),
    "input": errors.InvalidTextError("No.", field="body"),
    "phone": errors.InvalidPhoneError("too_short", "This number has too few digits."),
    "cursor": errors.InvalidCursorError("No."),
    "forbidden": errors.ForbiddenError("No."),
    "missing": errors.CampaignNotFoundError("No."),
    "conflict": errors.IllegalTransitionError("No."),
    "reused": errors.IdempotencyKeyReusedError("No."),
    "in_progress": errors.RequestInProgressError("No."),
    "again": errors.TryAgainError("No.", retry_after_seconds=3),
    "limit": errors.TooManyRequestsError("No.", retry_after_seconds=60),
    "settings": errors.SettingsError("environment variable PHONE_KEY_ID is not set"),
}
API = an_api()


def call(method: str, path: str, **more: Any) -> Answer:
    return answer(API.resolve(request(method, path, **more), None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("input", 422, "invalid_text"),
        ("phone", 422, "invalid_phone"),
        ("cursor", 422, "invalid_cursor"),
        ("forbidden", 403, "forbidden"),
        ("missing", 404, "campaign_not_found"),
        ("conflict", 409, "illegal_transition"),
        ("reused", 422, "idempotency_key_reused"),
        ("in_progress", 409, "request_in_progress"),
        ("again", 503, "try_again"),
        ("limit", 429, "too_many_requests"),
        ("settings", 500, "internal_error"),
        ("boom", 500, "internal_error"),
    ],
)
def test_an_error_has_one_status_and_one_code(name: str, status: int, code: str) -> None:
    found = call("GET", "/wishes", query={"at": name})
    assert (found.status, found.code) == (status, code)


@pytest.mark.parametrize(("name", "seconds"), [("again", "3"), ("limit", "60")])
def test_who_may_try_again_is_told_when(name: str, seconds: str) -> None:
    assert call("GET", "/wishes", query={"at": name}).headers["Retry-After"] == seconds


def test_an_unknown_error_is_a_fixed_sentence_and_its_message_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = call("GET", "/wishes")
    logged = capsys.readouterr().out
    assert found.json["detail"] == "Something went wrong on our side. Quote the request id."
    assert "4155550142" not in found.text + logged


def test_the_faulty_field_is_named() -> None:
    assert call("GET", "/wishes", query={"at": "phone"}).json["fields"] == [
        {"field": "phone", "problem": "too_short"}
    ]


def test_an_answer_of_the_wrong_shape_is_our_fault() -> None:
    assert call("GET", "/wrong").code == "internal_error"


def test_every_error_of_the_house_has_a_status_of_its_own_kind() -> None:
    def below(kind: type[Exception]) -> set[type[Exception]]:
        return {kind} | {each for child in kind.__subclasses__() for each in below(child)}

    inside = {
        errors.AssentError,
        errors.SettingsError,
        errors.UnreadableInboundError,
        errors.UnreadableStatusError,
        errors.CountsDoNotAddUpError,
        errors.HistoryCutOffError,
    }
    # One that a package keeps to itself never reaches the edge.
    ours = {each for each in below(errors.AssentError) if each.__module__ == "assent.errors"}
    unlisted = {
        each for each in ours if not any(parent in problems.STATUSES for parent in each.__mro__)
    }
    assert unlisted == inside
    assert {each.code for each in ours if issubclass(each, refusals.InputError)}  # type: ignore[attr-defined]


DEEP = '{"name":' * 5_000 + "1" + "}" * 5_000


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (None, 400, "malformed_request"),
        ("", 400, "malformed_request"),
        ("null", 400, "malformed_request"),
        ("[]", 400, "malformed_request"),
        ('[{"name":"a"}]', 400, "malformed_request"),
        ('"x"', 400, "malformed_request"),
        ("1", 400, "malformed_request"),
        ("{", 400, "malformed_request"),
        ('{"name":"a"} x', 400, "malformed_request"),
        ('{"name":"a","name":"b"}', 400, "malformed_request"),
        ('{"name":"a","count":NaN}', 400, "malformed_request"),
        ('{"name":"a","count":1e999}', 400, "malformed_request"),
        ('{"name":"a","count":' + "9" * 5000 + "}", 400, "malformed_request"),
        (DEEP, 400, "malformed_request"),
        ('{"name":"\\ud800"}', 400, "malformed_request"),
        ('{"name":"a\\u0000"}', 400, "malformed_request"),
        ('{"name":"\\u202egpj.exe"}', 400, "malformed_request"),
        ('{"name":"a","extra":1}', 400, "malformed_request"),
        ('{"name":1}', 400, "malformed_request"),
        ('{"name":null}', 400, "malformed_request"),
        ('{"name":["a"]}', 400, "malformed_request"),
        ('{"name":"a","count":"1"}', 400, "malformed_request"),
        ('{"name":"a","count":true}', 400, "malformed_request"),
        ('{"name":"a","count":1.0}', 400, "malformed_request"),
        ('{"name":"' + "a" * 101 + '"}', 400, "malformed_request"),
        ('{"name":"' + "a" * 65_536 + '"}', 413, "payload_too_large"),
        ("x" * 1_000_000, 413, "payload_too_large"),
    ],
    ids=lambda value: repr(value)[:36],
)
def test_a_body_that_is_not_the_documented_object_is_refused(
    raw: str | None, status: int, code: str
) -> None:
    found = call("POST", "/wishes", raw=raw)
    assert (found.status, found.code) == (status, code)


def test_a_body_of_exactly_64_kib_is_read() -> None:
    padding = " " * (64 * 1024 - len('{"name":"a"}'))
    assert call("POST", "/wishes", raw='{"name":"a"}' + padding).status == 201


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("Application/JSON", 201),
        ("", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonp", 415),
        ("application/problem+json", 415),
    ],
)
def test_only_json_is_taken(kind: str, status: int) -> None:
    found = call("POST", "/wishes", body={"name": "a"}, headers={"content-type": kind})
    assert found.status == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (base64.b64encode(b'{"name":"a"}').decode(), 201),
        ("not base64!", 400),
        (base64.b64encode(b'{"name":"\xff"}').decode(), 400),
        (base64.b64encode(b"x" * 70_000).decode(), 413),
    ],
)
def test_a_body_that_the_gateway_encoded_is_decoded_once(body: str, status: int) -> None:
    event = {**request("POST", "/wishes", raw=body), "isBase64Encoded": True}
    assert answer(API.resolve(event, None)).status == status  # type: ignore[arg-type]


def test_a_parameter_that_the_operation_does_not_know_is_refused() -> None:
    found = call("GET", "/wishes", query={"att": "boom"})
    assert (found.code, found.json["fields"]) == (
        "malformed_request",
        [{"field": "att", "problem": "unknown"}],
    )


def test_an_unknown_route_is_a_problem_too() -> None:
    assert call("GET", "/nowhere", query={"a": "b"}).code == "route_not_found"
    assert call("DELETE", "/wishes").code == "route_not_found"


def test_the_callers_address_is_the_gateways_and_not_a_headers() -> None:
    found = call(
        "POST",
        "/wishes",
        body={"name": "a"},
        ip="192.0.2.1",
        headers={"x-forwarded-for": "6.6.6.6"},
    )
    assert found.json["ip"] == "192.0.2.1"


def test_requests_of_several_threads_do_not_meet() -> None:
    wrong: list[str] = []

    def ask(number: int) -> None:
        for _ in range(20):
            ip = f"192.0.2.{number}"
            found = call("POST", "/wishes", body={"name": ip}, ip=ip).json
            if (found["name"], found["ip"]) != (ip, ip):
                wrong.append(ip)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[marketing compliance]", {Group.MARKETING, Group.COMPLIANCE}),
        ("[marketing]", {Group.MARKETING}),
        ("[marketing, compliance]", {Group.MARKETING, Group.COMPLIANCE}),
        (["compliance"], {Group.COMPLIANCE}),
        ("[marketing-admins]", set()),
        ("marketingcompliance", set()),
        ("[]", set()),
        (None, set()),
        (7, set()),
    ],
)
def test_groups_are_read_as_the_gateway_writes_them(claim: object, groups: set[Group]) -> None:
    claims = {"sub": "u", "cognito:groups": claim}
    event = {"requestContext": {"authorizer": {"jwt": {"claims": claims}}}}
    assert staff_of(event) == Staff("u", frozenset(groups))


def test_a_staff_route_that_is_in_no_table_is_closed() -> None:
    route = API.routes()[0]
    everybody = Staff("u", frozenset(Group))
    with pytest.raises(errors.ForbiddenError):
        permit(route, everybody)
    assert all(groups for groups in PERMITTED.values())


def test_an_answer_is_not_kept_by_anybody_on_the_way() -> None:
    headers = call("POST", "/wishes", body={"name": "a"}).headers
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(call("POST", "/wishes", body={"name": "a"}).text)["name"] == "a"

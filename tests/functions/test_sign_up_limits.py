"""Limits over HTTP as the template sets them, and what is kept of a sign-up on its way."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.functions.programmes import publish_demo
from tests.functions.requests import Client, answer, request
from tests.functions.test_consent_api import a_form
from tests.functions.world import Context, a_world, handler_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functions.world import World

_BLOCKS = (f"+1{area}555" for area in itertools.cycle((206, 212, 305, 312, 404, 504, 602, 617)))
_NUMBERS = (f"{block}{n:04d}" for n, block in zip(range(2000, 9999), _BLOCKS, strict=False))


@pytest.fixture(scope="module")
def strict() -> Iterator[World]:
    """The stack with the template's own limits."""
    with a_world({}) as made:
        publish_demo(made)
        yield made


@pytest.fixture
def visitor(strict: World) -> Client:
    return Client(strict, "consent_api")


def sign_up(visitor: Client, phone: str, ip: str, **more: Any) -> Any:
    return visitor.send("POST", "/v1/opt-ins", a_form(phone, **more), ip=ip)


def test_an_address_is_told_that_it_asked_too_often(strict: World, visitor: Client) -> None:
    answers = [sign_up(visitor, next(_NUMBERS), "203.0.113.1") for _ in range(25)]
    assert [each.status for each in answers] == [202] * 20 + [429] * 5
    refused = answers[-1]
    assert refused.code == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601


def test_a_forged_header_does_not_make_another_address(strict: World, visitor: Client) -> None:
    statuses = [
        visitor.send(
            "POST",
            "/v1/opt-ins",
            a_form(next(_NUMBERS)),
            ip="203.0.113.2",
            headers={"x-forwarded-for": f"192.0.2.{n}"},
        ).status
        for n in range(25)
    ]
    assert statuses.count(202) == 20


def test_sequential_numbers_meet_the_limit_of_their_block(strict: World, visitor: Client) -> None:
    statuses = [
        sign_up(visitor, f"+44770090{n:04d}", f"192.0.2.{n - 123}").status for n in range(123, 143)
    ]
    assert statuses == [202] * 15 + [429] * 5
    assert len(strict.texts("+447700900123")) == 1


def test_a_form_token_works_once(strict: World, visitor: Client) -> None:
    token = visitor.get("/v1/programmes/demo").json["form_token"]
    first, second = next(_NUMBERS), next(_NUMBERS)
    assert sign_up(visitor, first, "203.0.113.3", form_token=token).status == 202
    again = sign_up(visitor, second, "203.0.113.4", form_token=token)
    assert (again.status, again.code) == (422, "invalid_form_token")
    assert strict.texts(second) == []


def test_a_form_that_is_refused_keeps_its_token(strict: World, visitor: Client) -> None:
    token = visitor.get("/v1/programmes/demo").json["form_token"]
    bad = sign_up(visitor, "+1800FLOWERS", "203.0.113.5", form_token=token)
    assert (bad.status, bad.code) == (422, "invalid_phone")
    assert sign_up(visitor, next(_NUMBERS), "203.0.113.5", form_token=token).status == 202


def test_a_sign_up_handed_over_twice_is_texted_once(strict: World) -> None:
    phone = next(_NUMBERS)
    event = request("POST", "/v1/opt-ins", body=a_form(phone), ip="203.0.113.6")
    strict.wire("consent_api")
    found = handler_module("consent_api").handler(event, Context())
    assert answer(json.loads(json.dumps(found))).status == 202
    sqs, url = boto3.client("sqs"), strict.references["ConfirmationQueue"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = {"messageId": message["MessageId"], "body": message["Body"]}
    for _ in range(3):
        answered = strict.invoke("confirmation_send", {"Records": [record]})
        assert answered == {"batchItemFailures": []}
    assert len(strict.texts(phone)) == 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_what_is_no_sign_up_is_handed_back_and_the_rest_is_done(strict: World) -> None:
    records = [{"messageId": name, "body": body} for name, body in (("a", "{}"), ("b", "STOP"))]
    answered = strict.invoke("confirmation_send", {"Records": records})
    assert answered == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}


def test_the_code_stands_in_no_table(strict: World, visitor: Client) -> None:
    phone = next(_NUMBERS)
    assert sign_up(visitor, phone, "203.0.113.7").status == 202
    code = re.search(r"\b\d{6}\b", strict.texts(phone)[0])
    assert code is not None
    stored = {**strict.state(), "ControlTable": strict.items("ControlTable")}
    assert any("••••••" in str(item) for item in stored["MessagesTable"])
    texted = [str(item["facts"]) for item in stored["EvidenceTable"] if "text_mac" in item["facts"]]
    assert any("\\u2022" * 6 in facts or "••••••" in facts for facts in texted)
    for table, items in stored.items():
        words = re.findall(r"(?<![0-9A-Za-z_.-])\d{6}(?![0-9A-Za-z_.-])", str(items))
        assert code.group() not in words, table


def test_no_counter_shows_an_address_or_a_number(strict: World) -> None:
    keys = [str(item["pk"]) for item in strict.items("ControlTable")]
    counted = [key for key in keys if key.startswith(("limit#", "breaker#"))]
    assert counted
    for key in counted:
        assert not re.search(r"203\.0\.113|192\.0\.2|\+?1?\d{3}555", key), key

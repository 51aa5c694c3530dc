"""The demo programme on the real template: what the sign-up page and the virtual phones rely on."""

from __future__ import annotations

import http.client
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from infra.local.seed import COUNTRIES, disclosure, seed
from infra.local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PHONE = "+14155550142"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack.start(port=0) as running:
        seed(running)
        yield running


def call(stack: LocalStack, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(stack.url).netloc, timeout=20)
    headers = {"content-type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, json.loads(answer)


def texts_after(stack: LocalStack, count: int, act: Callable[[], Any]) -> list[str]:
    """What PHONE receives after act, waiting until it is `count` texts."""
    before = len(stack.texts(PHONE))
    act()
    end = time.monotonic() + 10
    while len(stack.texts(PHONE)) < before + count and time.monotonic() < end:
        time.sleep(0.01)
    return [text.body for text in stack.texts(PHONE)[before:]]


def ask(stack: LocalStack, shown: dict[str, Any]) -> tuple[int, Any]:
    form = {
        "programme_id": "demo",
        "phone": "(415) 555-0142",
        "country": "US",
        "consent": True,
        "disclosure_version": shown["disclosure"]["version"],
        "locale": shown["disclosure"]["locale"],
        "page_url": f"{stack.url}/_local/signup",
        "form_token": shown["form_token"],
        "website": "",
    }
    return call(stack, "POST", "/v1/opt-ins", form)


def test_every_function_loads_and_every_resource_is_known(stack: LocalStack) -> None:
    assert stack.failed == {}
    unknown = [each for each in stack.deployment.resources() if each.status == "unknown"]
    assert unknown == []


def test_the_demo_programme_is_shown_in_its_exact_words(stack: LocalStack) -> None:
    status, shown = call(stack, "GET", "/v1/programmes/demo")
    assert status == 200
    assert shown["disclosure"]["text"] == disclosure("en")
    assert shown["countries"] == COUNTRIES


def test_seeding_again_changes_nothing(stack: LocalStack) -> None:
    seed(stack)
    assert call(stack, "GET", "/v1/programmes/demo")[1]["disclosure"]["version"] == 1


def test_the_page_signs_a_person_up_by_code_and_stop_ends_it(stack: LocalStack) -> None:
    _, shown = call(stack, "GET", "/v1/programmes/demo")
    time.sleep(2.1)  # a form that comes back faster than a person types is not believed
    (asked,) = texts_after(stack, 1, lambda: ask(stack, shown))
    found = re.search(r"\b\d{6}\b", asked)
    assert found, asked
    code = {"programme_id": "demo", "phone": PHONE, "code": found.group()}
    wrong = {**code, "code": f"{(int(found.group()) + 1) % 1_000_000:06d}"}
    status, problem = call(stack, "POST", "/v1/opt-ins/confirm", wrong)
    assert (status // 100, problem["fields"][0]["field"]) == (4, "code")
    assert call(stack, "POST", "/v1/opt-ins/confirm", code) == (200, {"status": "confirmed"})
    (goodbye,) = texts_after(stack, 1, lambda: stack.text_from(PHONE, "Stop!"))
    assert "unsubscribed" in goodbye


def test_errors_of_the_form_name_their_field(stack: LocalStack) -> None:
    form = {"programme_id": "demo", "phone": "+1", "consent": True, "disclosure_version": 1}
    status, problem = call(stack, "POST", "/v1/opt-ins", form)
    assert (status, problem["fields"][0]["field"]) == (422, "phone")
    assert problem["detail"]


def test_what_phones_text_back_is_listed_beside_what_they_get(stack: LocalStack) -> None:
    before = call(stack, "GET", "/_local/replies")[1]
    body = {"from": "+14155550143", "body": "How are you?"}
    sent = call(stack, "POST", "/_local/messages", body)[1]
    replies = call(stack, "GET", "/_local/replies")[1]
    assert replies[len(before) :] == [sent]
    assert call(stack, "GET", f"/_local/replies?since={sent['id']}") == (200, [])
    assert call(stack, "GET", "/_local/replies?since=unknown")[1] == replies


def test_who_waits_for_a_text_is_told_when_it_comes(stack: LocalStack) -> None:
    known = call(stack, "GET", "/_local/messages")[1][-1]["id"]
    call(stack, "POST", "/_local/messages", {"from": "+14155550144", "body": "HELP"})
    (text,) = call(stack, "GET", f"/_local/messages?since={known}&wait=10")[1]
    assert text["to"] == "+14155550144"
    assert call(stack, "GET", f"/_local/messages?since={text['id']}&wait=x")[0] == 400


def test_the_backlog_is_nought_only_when_all_is_answered(stack: LocalStack) -> None:
    before = len(stack.texts("+14155550145"))
    call(stack, "POST", "/_local/messages", {"from": "+14155550145", "body": "HELP"})
    end = time.monotonic() + 60
    while call(stack, "GET", "/_local/backlog")[1] != {"messages": 0} and time.monotonic() < end:
        time.sleep(0.01)
    assert len(stack.texts("+14155550145")) == before + 1

"""Nobody gets at the console's pages, forms or people's work from outside or beyond their group."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from assent.http.staff import PERMITTED
from assent.web.console.pages import BY_PATH
from assent.web.console.visits import own_path
from infra.local.seed import seed
from infra.local.stack import LocalStack
from tests.functions.console_day import COOKIE, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.web.console.page_route import PageRoute

GROUPS = ("marketing", "compliance")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack.start(port=0, seed=seed, schedules=False) as made:
        yield made


@pytest.fixture
def browser(stack: LocalStack) -> Browser:
    return Browser(stack)


@pytest.fixture(scope="module")
def signed_in(stack: LocalStack) -> dict[str, Browser]:
    made = {group: Browser(stack) for group in GROUPS}
    for group, each in made.items():
        assert each.sign_in(f"{group}@example.com").location == "/console"
    return made


def filled(route: PageRoute) -> str:
    return re.sub(
        r"\{programme_id\}", "demo", re.sub(r"\{(?!programme)\w+\}", "x-none", route.path)
    )


def name_of(route: PageRoute) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", BY_PATH, ids=name_of)
def test_a_page_is_for_whom_the_api_lets_do_what_it_stands_for(route: PageRoute) -> None:
    assert route.groups == {group.value for group in PERMITTED[route.needs]} & set(GROUPS)


@pytest.mark.parametrize("route", BY_PATH, ids=name_of)
def test_a_page_is_shut_to_who_is_not_signed_in(route: PageRoute, browser: Browser) -> None:
    browser.cookies[COOKIE] = "0" * 64
    form = {"proof": "0" * 32} if route.method == "POST" else None
    found = browser.send(route.method, filled(route), form, {"origin": browser.stack.url})
    assert (found.status, found.text) == (303, "")
    assert found.location.startswith("/console/sign-in")


@pytest.mark.parametrize(
    ("group", "route"),
    list(itertools.product(GROUPS, BY_PATH)),
    ids=lambda case: case if isinstance(case, str) else name_of(case),
)
def test_each_group_meets_each_page_and_other_peoples_ids(
    signed_in: dict[str, Browser], group: str, route: PageRoute
) -> None:
    browser = signed_in[group]
    if route.method == "POST":
        found = browser.form("/console", filled(route), {})
    else:
        found = browser.get(filled(route))
    if group not in route.groups:
        assert found.status == 403
    else:
        assert found.status in (200, 400, 404, 422), found.text


@pytest.mark.parametrize("route", [each for each in BY_PATH if each.method == "POST"], ids=name_of)
def test_a_form_without_our_proof_does_nothing(
    signed_in: dict[str, Browser], route: PageRoute
) -> None:
    assert signed_in["marketing"].post(filled(route), {"proof": "0" * 32}).status == 403
    assert signed_in["marketing"].post(filled(route), {}).status == 403


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/campaigns/new"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_form_from_another_site_does_nothing(
    signed_in: dict[str, Browser], path: str, origin: str
) -> None:
    browser = signed_in["marketing"]
    proof = browser.get("/console").proof
    form = {"proof": proof, "email": "marketing@example.com", "password": "x"}
    assert browser.post(path, form, origin=origin).status == 403


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console/../x",
        "/console//evil.example",
        "/consolex",
        "javascript:alert(1)",
        "/console?x=1\r\nSet-Cookie: a=b",
        "/console/sign-in",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(then: str, browser: Browser) -> None:
    assert own_path(then) == "/console"
    assert browser.sign_in("marketing@example.com", then=then).location == "/console"


def test_who_asked_for_a_page_comes_back_to_it(browser: Browser) -> None:
    door = browser.get("/console/inbox").location
    assert door == "/console/sign-in?then=/console/inbox"
    then = browser.sign_in("marketing@example.com", then="/console/inbox")
    assert then.location == "/console/inbox"


def test_an_id_planted_before_is_worth_nothing_after(browser: Browser) -> None:
    browser.cookies[COOKIE] = "planted"
    browser.sign_in("marketing@example.com")
    assert browser.cookies[COOKIE] != "planted"
    thief = Browser(browser.stack, {COOKIE: "planted"})
    assert thief.get("/console").status == 303


def test_the_tables_hold_no_id_that_a_browser_could_use(browser: Browser) -> None:
    browser.sign_in("marketing@example.com")
    table = browser.stack.physical_id("ControlTable")
    items = browser.stack.client("dynamodb").scan(TableName=table)["Items"]
    assert browser.cookies[COOKIE] not in str(items)


def test_no_page_can_be_framed_or_run_foreign_scripts(signed_in: dict[str, Browser]) -> None:
    found = signed_in["marketing"].get("/console")
    policy = found.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (found.headers["x-frame-options"], found.headers["cache-control"]) == (
        "DENY",
        "no-store",
    )
    assert re.search(r"<script(?! src=)|style=|\son\w+=", found.text) is None


@pytest.mark.parametrize(
    ("page", "to", "field"),
    [
        ("/console/campaigns/new", "/console/campaigns/new", "name"),
        ("/console/segments/new", "/console/segments/new", "name"),
        ("/console/templates/new", "/console/templates/new", "body"),
        ("/console/programmes/demo", "/console/programmes/demo", "description"),
    ],
)
def test_what_was_typed_is_shown_again_and_is_never_markup(
    signed_in: dict[str, Browser], page: str, to: str, field: str
) -> None:
    typed = f"\"'>{SCRIPT}</textarea>{SCRIPT}"
    found = signed_in["marketing"].form(page, to, {field: typed, "match": "and"})
    assert found.status == 422
    assert SCRIPT not in found.text
    assert "&lt;script&gt;" in found.text
    assert 'role="alert"' in found.text

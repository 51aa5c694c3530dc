"""The pages as documents: small, escaped, complete without anything loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from assent.consent.model import ConsentStatus
from assent.web.confirm import ConfirmDoor
from assent.web.doors import PageServices, subscribers_site
from assent.web.pages import content_security_policy, style_sheet
from assent.web.preferences import PreferencesDoor
from assent.web.requests import PageRequest
from assent.web.site import asked_languages
from assent.web.unsubscribe import UnsubscribeDoor
from tests.unit.choices.people import Home
from tests.unit.consent.people import ALERTS, KEY, OFFERS

if TYPE_CHECKING:
    from assent.web.pages import Page

LANGUAGES = ("en", "es", "fr", "de")
HOSTILE = "</style></title><script>alert(1)</script>\"' onload='x"
_VOID = {"meta", "input", "br"}


class Outline(HTMLParser):
    """What a reader of the markup needs: balanced tags, ids, labels."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in _VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "label":
            self.labels.add(str(found["for"]))
        if tag in ("input", "select") and found.get("type") != "hidden":
            self.fields.add(str(found["id"]))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        assert not any(name.startswith("on") or name == "style" for name in found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outlined(page: Page) -> tuple[str, Outline]:
    text = page.render()
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    return text, outline


def home() -> Home:
    """Somebody with two programmes, one of which has a name that would like to be markup."""
    made = Home()
    offers = made.programmes.programme(OFFERS)
    hostile = replace(offers, name=HOSTILE, brand=HOSTILE, description=HOSTILE, topics=(HOSTILE,))
    made.programmes.replace(replace(hostile, version=2), expected_version=1)
    made.confirmed_to(OFFERS, ALERTS)
    made.store.profiles[KEY] = {"first_name": HOSTILE, "topics": [HOSTILE]}
    return made


def pages(made: Home, language: str) -> list[Page]:
    confirm, leave = ConfirmDoor(made.confirming), UnsubscribeDoor(made.leaving, made.store)
    own = PreferencesDoor(made.own)
    query = {"lang": language}

    def asked(letter: str, token: str, **more: str) -> PageRequest:
        return PageRequest("GET", letter, token, {**query, **more})

    wrong = {"action": ["save"], "max_per_month": ["x"], "paused_until": ["x"], "locale": ["x"]}
    saved = PageRequest("POST", "p", made.own_page(), query, wrong)
    fresh = Home()
    return [
        ConfirmDoor(fresh.confirming).show(asked("c", fresh.asked())),
        confirm.show(asked("c", made.links.confirm(KEY, OFFERS, 1, made.later()).split("/")[2])),
        leave.show(asked("u", made.exit())),
        own.show(asked("p", made.own_page())),
        own.act(saved),
        own.show(asked("p", made.own_page(), view="data")),
        own.show(asked("p", made.own_page(), view="delete")),
        leave.act(PageRequest("POST", "u", made.exit(), query)),
        leave.show(asked("u", made.exit())),
        own.show(asked("p", made.own_page())),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_small_sound_and_labelled(language: str) -> None:
    for page in pages(home(), language):
        text, outline = outlined(page)
        assert len(text.encode()) < 30_000
        assert f'<html lang="{language}" dir="ltr">' in text
        assert len(outline.ids) == len(set(outline.ids))
        assert outline.fields <= outline.labels | {"max_per_month", "locale", "paused_until"}
        assert outline.fields <= outline.labels
        assert outline.headings.count("h1") == 1
        assert text.count("<title>") == 1
        assert text.index("<h1") < text.index("</main>")


def test_nothing_that_a_person_or_a_programme_says_becomes_markup() -> None:
    for page in pages(home(), "en"):
        text = page.render()
        assert "<script" not in text
        assert text.count("</style>") == 1
        assert text.count("</title>") == 1


def test_an_address_that_is_none_is_not_linked() -> None:
    text = pages(home(), "en")[0].render()
    assert 'href="https://brew.example/terms"' in text
    assert "javascript:" not in text


def test_a_page_for_who_was_stopped_offers_nothing_to_choose() -> None:
    text = pages(home(), "en")[-1].render()
    assert "Save choices" not in text
    assert "Stop all texts" not in text
    assert "reply START" in text


def test_the_policy_names_the_one_style_by_its_hash() -> None:
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", content_security_policy())
    assert "<" not in style_sheet()
    assert "url(" not in style_sheet()


def test_sides_are_logical_so_that_a_page_can_run_from_right_to_left() -> None:
    sided = r"(?:margin|padding|border|inset)-(?:left|right)|text-align:(?:left|right)|float:"
    assert not re.search(sided, style_sheet())


def test_a_language_header_is_read_in_its_order() -> None:
    assert asked_languages("fr-CA,fr;q=0.9,en;q=0.8") == ["fr-CA", "fr", "en"]
    assert asked_languages("") == [""]


def test_a_busy_store_asks_to_come_again() -> None:
    from assent.errors import TryAgainError

    def services() -> PageServices:
        raise TryAgainError("busy", retry_after_seconds=7)

    event = {
        "routeKey": "GET /c/{token}",
        "pathParameters": {"token": "x"},
        "requestContext": {"http": {}},
    }
    answer = subscribers_site(services).resolve(event)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "7")
    assert "Try again in a moment" in answer["body"]


@pytest.mark.parametrize(
    "event", [{}, {"routeKey": "GET /c/{token}"}, {"routeKey": "GET", "requestContext": {}}]
)
def test_an_event_that_is_none_of_the_gateways_is_a_page_too(event: dict[str, object]) -> None:
    def services() -> PageServices:
        raise AssertionError

    assert subscribers_site(services).resolve(event)["statusCode"] == 500


def test_a_request_never_shows_its_token() -> None:
    request = PageRequest("GET", "c", "secret", form={"a": ["secret"]}, ip="203.0.113.9")
    assert repr(request) == "PageRequest(GET /c)"
    assert request.pattern == "/c/{token}"


def test_statuses_have_words_for_each_state() -> None:
    made = home()
    assert made.status(OFFERS) is ConsentStatus.CONFIRMED
    text = PreferencesDoor(made.own).show(PageRequest("GET", "p", made.own_page())).render()
    assert text.count(">On</span>") == 2

"""A campaign's text may carry the person's own links, and only where they stay whole."""

from __future__ import annotations

import pytest

from assent.errors import InvalidTextError, OnlyKeywordError, PlaceholderInLinkError
from assent.messages.template import NotRenderable, Rendered, Template

LINKS = {
    "unsubscribe_link": "https://s.example/u/tokenOfTheExit",
    "preferences_link": "https://s.example/p/tokenOfThePage",
}


def test_the_links_are_merged_as_they_are_and_their_ends_named_as_secrets() -> None:
    template = Template.compile(
        "Hi {{ first_name }}, end: {{ unsubscribe_link }} or {{ preferences_link }}", brand="Shop"
    )
    assert template.link_names == set(LINKS)
    rendered = template.render({"first_name": "Ana"}, LINKS)
    assert isinstance(rendered, Rendered)
    assert rendered.body == (
        "Shop: Hi Ana, end: https://s.example/u/tokenOfTheExit or "
        "https://s.example/p/tokenOfThePage\nReply STOP to end"
    )
    assert set(rendered.secrets) == {"tokenOfTheExit", "tokenOfThePage"}


def test_a_text_without_links_asks_for_none_and_has_no_secrets() -> None:
    template = Template.compile("Sale today", brand="Shop")
    assert template.link_names == frozenset()
    assert template.render({}, LINKS) == Rendered("Shop: Sale today\nReply STOP to end", 1)


def test_a_person_whose_link_is_missing_gets_no_text() -> None:
    template = Template.compile("End: {{ unsubscribe_link }}", brand="Shop")
    assert template.render({}) == NotRenderable(("unsubscribe_link",))


def test_a_profile_cannot_stand_in_for_a_link() -> None:
    template = Template.compile("End: {{ unsubscribe_link }}", brand="Shop")
    assert isinstance(template.render({"unsubscribe_link": "evil"}), NotRenderable)


@pytest.mark.parametrize(
    "body",
    [
        "End: {{ unsubscribe_link }}.",
        "End:{{ unsubscribe_link }}/x",
        "https://x.example/{{ unsubscribe_link }}",
        "a{{ unsubscribe_link }}",
        "{{ unsubscribe_link }}{{ first_name }}",
        "{% if region %}{{ unsubscribe_link }}{% endif %}now",
        "Now{% if region %}{{ unsubscribe_link }}{% endif %}",
    ],
)
def test_a_link_that_would_run_into_words_is_refused(body: str) -> None:
    with pytest.raises(PlaceholderInLinkError) as refused:
        Template.compile(body, brand="Shop")
    assert (refused.value.code, refused.value.field) == ("placeholder_in_link", "body")


@pytest.mark.parametrize(
    "body",
    [
        "{{ unsubscribe_link|upper }}",
        "{{ unsubscribe_link|default('no') }}",
        "{% if unsubscribe_link %}a{% endif %}",
        "{% if unsubscribe_link == 'a' %}a{% endif %}",
    ],
)
def test_a_link_is_written_bare(body: str) -> None:
    with pytest.raises(InvalidTextError, match="bare"):
        Template.compile(body, brand="Shop")


@pytest.mark.parametrize(
    "body", ["{{ unsubscribe_link }}", "({{ unsubscribe_link }} )", "Stop:{{ unsubscribe_link }}\n"]
)
def test_a_link_that_stands_apart_is_accepted(body: str) -> None:
    assert Template.compile(body, brand="Shop")


@pytest.mark.parametrize("body", ["STOP", "stop.", "STOP STOP!", "Unsubscribe", "YES", "ayuda"])
def test_a_text_that_says_nothing_but_a_keyword_is_refused(body: str) -> None:
    with pytest.raises(OnlyKeywordError) as refused:
        Template.compile(body, brand="Shop")
    assert (refused.value.code, refused.value.field) == ("only_keyword", "body")


@pytest.mark.parametrize("body", ["Don't STOP now", "Yes, it is sale time", "{{ first_name }}"])
def test_a_text_that_says_more_is_accepted(body: str) -> None:
    assert Template.compile(body, brand="Shop")


@pytest.mark.parametrize("body", ["See bit.ly.", "rb.gy/x", "https://t.ly/x", "j.mp/a"])
def test_a_public_shortener_is_refused_by_its_own_code(body: str) -> None:
    with pytest.raises(InvalidTextError) as refused:
        Template.compile(body, brand="Shop")
    assert refused.value.code == "link_not_allowed"


def test_conditions_beyond_counting_are_refused() -> None:
    body = "".join(f"{{% if region %}}{letter}{{% endif %}}" for letter in "abcdefghijkl")
    with pytest.raises(InvalidTextError, match="side by side"):
        Template.compile(body, brand="Shop")

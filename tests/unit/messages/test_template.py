from __future__ import annotations

import pytest

from assent.errors import InvalidTextError, PlaceholderInLinkError
from assent.messages.template import MAX_LENGTH, NotRenderable, Rendered, Template

ANA = {"first_name": "Ana", "topics": ["shoes", "hats"], "region": "FL", "max_per_month": 4}


def merged(body: str, fields: dict[str, object] | None = None, locale: str = "en") -> str:
    """Return the merged text, of a body that gives brand and opt-out itself."""
    template = Template.compile(f"Shop: {body} Reply STOP to end", brand="Shop", locale=locale)
    rendered = template.render(ANA if fields is None else fields)
    assert isinstance(rendered, Rendered)
    return rendered.body.removeprefix("Shop: ").removesuffix(" Reply STOP to end")


def missing(body: str, fields: dict[str, object]) -> tuple[str, ...]:
    rendered = Template.compile(body, brand="Shop").render(fields)
    assert isinstance(rendered, NotRenderable)
    return rendered.missing


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi {{ first_name }}!", "Hi Ana!"),
        ("Hi {{ first_name|upper }}!", "Hi ANA!"),
        ("Hi {{ last_name|default('friend') }}!", "Hi friend!"),
        ("Hi {{ last_name|default('friend')|title }}!", "Hi Friend!"),
        ("{% if last_name %}Dear{% else %}Hello{% endif %}", "Hello"),
        ("{% if 'hats' in topics %}Hats{% endif %}", "Hats"),
        ("{% if region == 'FL' and not last_name %}Sun{% endif %}", "Sun"),
        ("{% if region == 'NY' %}a{% elif region == 'FL' %}b{% endif %}", "b"),
        ("{{ max_per_month }} texts", "4 texts"),
        ("{% raw %}{{ first_name }}{% endraw %}", "{{ first_name }}"),
        ("{# for the reviewer #}Hi", "Hi"),
        ("{{ brand }}", "Shop"),
    ],
)
def test_placeholders_are_merged(body: str, text: str) -> None:
    assert merged(body) == text


@pytest.mark.parametrize("value", [None, "", "   ", "\x00", True, 3.5, ["Ana"], {}])
def test_a_value_that_says_nothing_is_missing(value: object) -> None:
    assert missing("Hi {{ first_name }}", {"first_name": value}) == ("first_name",)


def test_every_missing_name_is_reported_once() -> None:
    body = "{{ first_name }} {{ last_name }} {{ first_name|upper }} {{ region|default('x') }}"
    assert missing(body, {}) == ("first_name", "last_name")


def test_a_missing_name_in_a_branch_not_taken_is_not_missed() -> None:
    assert merged("{% if last_name %}{{ last_name }}{% else %}you{% endif %}", {}) == "you"


def test_a_value_that_looks_like_a_template_is_not_expanded() -> None:
    assert merged("{{ first_name }}", {"first_name": "{{ brand }}"}) == "{{ brand }}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("An\x00a", "An a"),
        ("Ana\r\nReply", "Ana Reply"),
        ("\u202eanA", "anA"),
        ("Ana\ud83d", "Ana"),
        ("👩‍👧", "👩‍👧"),
        ("x" * 1000, "x" * 200),
    ],
)
def test_values_are_cleaned(value: str, shown: str) -> None:
    assert merged("{{ first_name }}", {"first_name": value}) == shown


@pytest.mark.parametrize(
    "value", ["evil.com", "see EVIL.COM", "http://x", "www.x", "win at bit.ly/x", "a.co"]
)
def test_a_value_that_a_phone_would_show_as_a_link_is_missing(value: str) -> None:
    assert missing("Hi {{ first_name }}", {"first_name": value}) == ("first_name",)


@pytest.mark.parametrize("value", ["J.R.", "St.Louis", "Dr. No", "Ana: you", "12.50"])
def test_a_value_with_a_dot_is_not_always_a_link(value: str) -> None:
    assert merged("{{ first_name }}", {"first_name": value}) == value


def test_a_merged_text_that_grew_too_long_is_not_sent() -> None:
    template = Template.compile("{{ first_name }}" * 9, brand="Shop")
    rendered = template.render({"first_name": "x" * 200})
    assert isinstance(rendered, NotRenderable)
    assert rendered.reason == "too_long"


def test_parts_are_counted_after_merging() -> None:
    template = Template.compile("Hi {{ first_name }} " + "a" * 130, brand="Shop")
    short, long = template.render({"first_name": "Al"}), template.render({"first_name": "Zoë" * 4})
    assert isinstance(short, Rendered)
    assert isinstance(long, Rendered)
    assert (short.parts, long.parts) == (1, 3)


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en", "Reply STOP to end"),
        ("en-GB", "Reply STOP to end"),
        ("fr_CA", "Envoyez STOP pour arreter"),
        ("es", "Responde STOP para cancelar"),
        ("de", "STOP senden zum Abmelden"),
        ("sv", "Svara STOP för att avsluta"),
    ],
)
def test_brand_and_opt_out_are_added_when_absent(locale: str, line: str) -> None:
    rendered = Template.compile("Sale today", brand="Shop", locale=locale).render({})
    assert rendered == Rendered(f"Shop: Sale today\n{line}", 1)


@pytest.mark.parametrize(
    "body",
    [
        "Shop: sale. Reply STOP to end",
        "SHOP sale. Text STOP to opt out",
        "{{ brand }} sale. STOP=end",
        "Sale at Shop. Envoyez STOP au 36111",
        "Sale at Shop. STOP senden zum Abmelden",
    ],
)
def test_nothing_is_added_to_a_text_that_says_both(body: str) -> None:
    rendered = Template.compile(body, brand="Shop").render({})
    assert isinstance(rendered, Rendered)
    assert rendered.body == body.replace("{{ brand }}", "Shop")


@pytest.mark.parametrize(
    "body",
    [
        "Shop: don't STOP now",
        "Shop: non-stop sale",
        "Shop: {% if region %}Reply STOP to end{% endif %}",
        "Shop: {{ first_name }}",
        "Shop: {{ first_name }}OP",
    ],
)
def test_opt_out_is_added_unless_the_text_always_tells_how(body: str) -> None:
    rendered = Template.compile(body, brand="Shop").render({"first_name": "Reply STOP to end"})
    assert isinstance(rendered, Rendered)
    assert rendered.body.endswith("\nReply STOP to end")


def test_a_brand_inside_another_word_does_not_count() -> None:
    rendered = Template.compile("Workshop today", brand="Shop").render({})
    assert isinstance(rendered, Rendered)
    assert rendered.body.startswith("Shop: Workshop")


@pytest.mark.parametrize(
    "body",
    [
        "evil.com/{{ first_name }}",
        "https://shop.example/?u={{ first_name }}",
        "https://{{ first_name }}.example",
        "{{ first_name }}.com",
        "See www.{{ first_name }}",
        "evil.com/{% if region %}{{ first_name }}{% endif %}",
        "evil.com/{% if region %} now{% endif %}{{ first_name }}",
        "{{ first_name }}{% if region %}, hi{% else %}.com/x{% endif %}",
    ],
)
def test_a_link_completed_by_a_value_is_refused(body: str) -> None:
    with pytest.raises(PlaceholderInLinkError):
        Template.compile(body, brand="Shop")


@pytest.mark.parametrize("body", ["Hi {{ first_name }}. Bye", "At shop.example, {{ first_name }}"])
def test_a_value_beside_a_link_is_accepted(body: str) -> None:
    assert Template.compile(body, brand="Shop")


def test_a_text_has_at_most_1600_characters_with_what_is_added() -> None:
    Template.compile("a" * (MAX_LENGTH - len("Shop: \nReply STOP to end")), brand="Shop")
    with pytest.raises(InvalidTextError):
        Template.compile("a" * (MAX_LENGTH - 20), brand="Shop")


def test_compiling_the_same_text_again_costs_nothing() -> None:
    assert Template.compile("Hi", brand="Shop") is Template.compile("Hi", brand="Shop")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import InvalidTextError
from assent.messages.template import NotRenderable, Rendered, Template


@pytest.mark.parametrize(
    "body",
    [
        "{{ x }}",
        "{{ first_name.__class__ }}",
        "{{ first_name['__class__'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ first_name() }}",
        "{{ first_name.upper() }}",
        "{{ 'a' * 10**8 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ 1 + 1 }}",
        "{{ -1 }}",
        "{{ 1.5 }}",
        "{{ none }}",
        "{{ [first_name] }}",
        "{{ {'a': 1} }}",
        "{{ first_name if 1 else 2 }}",
        "{{ first_name is defined }}",
        "{{ topics }}",
        "{{ topics|upper }}",
        "{{ self }}",
        "{{ loop }}",
        "{{ cycler }}",
        "{{ first_name|attr('x') }}",
        "{{ first_name|format(1) }}",
        "{{ first_name|default }}",
        "{{ first_name|default(brand) }}",
        "{{ first_name|default('a', true) }}",
        "{{ first_name|default(default_value='a') }}",
        "{{ first_name|default(*topics) }}",
        "{{ first_name|upper('x') }}",
        "{% for t in topics %}{{ t }}{% endfor %}",
        "{% include 'other' %}",
        "{% extends 'other' %}",
        "{% import 'other' as o %}",
        "{% set first_name = 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% if first_name > 'a' %}{% endif %}",
        "{% if 'a' in first_name %}{% endif %}",
        "{% if 'a' == first_name == region %}{% endif %}",
        "{{ first_name",
        "{% if first_name %}",
        "{% if " + "not " * 300 + "first_name %}{% endif %}",
        "{{ " + "(" * 700 + "1" + ")" * 700 + " }}",
        "{%if region%}" * 60 + "{%endif%}" * 60,
        "{{brand}}" * 170,
        "Hi\x00",
        "Hi\u202e",
        "Hi\u200b",
        "Hi\ud83d",
        "",
        " \n ",
        "a" * 1601,
        "http://shop.example",
        "HTTP://shop.example",
        "bit.ly/abc",
        "https://Bit.ly/abc",
        "https://exаmple.com",
        "https://xn--exmple-4nf.com",
        "https://shop.example@evil.example",
    ],
)
def test_a_text_that_is_more_than_words_and_placeholders_is_refused(body: str) -> None:
    with pytest.raises(InvalidTextError) as refused:
        Template.compile(body, brand="Shop")
    assert refused.value.field == "body"


@pytest.mark.parametrize("body", ["https://shop.example/a", "orbit.ly", "see shop.example"])
def test_an_honest_link_is_accepted(body: str) -> None:
    assert Template.compile(body, brand="Shop")


@given(st.text(max_size=300) | st.text(st.sampled_from("{}%| '().=_ifndaot\n"), max_size=120))
def test_any_text_is_compiled_or_refused(body: str) -> None:
    try:
        template = Template.compile(body, brand="Shop")
    except InvalidTextError:
        return
    assert isinstance(template.render({}), Rendered | NotRenderable)


@given(st.text(max_size=300))
def test_any_value_is_shown_as_data_or_counts_as_missing(value: str) -> None:
    template = Template.compile("<{{ first_name }}>", brand="Shop")
    rendered = template.render({"first_name": value})
    if isinstance(rendered, Rendered):
        shown = rendered.body.removeprefix("Shop: <").removesuffix(">\nReply STOP to end")
        assert "\n" not in shown
        assert "".join(shown.split()) in "".join(value.split()) or not value.isprintable()
    else:
        assert rendered.missing == ("first_name",)

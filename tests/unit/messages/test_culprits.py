"""What makes a text dear is named with its place, and something plainer is offered."""

from __future__ import annotations

import pytest

from assent.messages.alphabet import Encoding, count_parts
from assent.messages.culprits import Culprit, culprits, transliterated


def test_a_culprit_is_named_with_its_place_and_a_way_out() -> None:
    quote, snowman = culprits("Don\u2019t miss it \u2603 it\u2019s on")
    assert quote == Culprit("\u2019", 3, 2, "'")
    assert quote.name == "RIGHT SINGLE QUOTATION MARK"
    assert (snowman.index, snowman.instead) == (14, None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u201cSale\u201d \u2013 today\u2026", '"Sale" - today...'),
        ("Caf\u00e9 Zo\u00eb na\u00efve", "Caf\u00e9 Zoe naive"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u0141\u00f3d\u017a", "Lodz"),
        ("\u4f60\u597d", "\u4f60\u597d"),
        ("Plain {text} \u20ac5", "Plain {text} \u20ac5"),
    ],
    ids=["typography", "accents", "composed", "Polish", "nothing like it", "plain"],
)
def test_a_plainer_text_is_offered(text: str, plain: str) -> None:
    assert transliterated(text) == plain


def test_what_was_replaced_is_sent_in_the_cheaper_alphabet() -> None:
    text = "It\u2019s \u201cnow\u201d \u2013 or\u00a0never\u2026"
    assert count_parts(text).encoding is Encoding.UCS_2
    assert count_parts(transliterated(text)).encoding is Encoding.GSM_7

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.messages.alphabet import Encoding, count_parts

GSM = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà"
EXTENSION = "^{}\\[~]|€\f"
OTHER = "çяê`\t\u00a0’“—😀中"
texts = st.text(st.sampled_from(GSM + EXTENSION + OTHER), max_size=400) | st.text(max_size=200)
gsm_texts = st.text(st.sampled_from("abc" + EXTENSION), max_size=700)
ucs2_texts = st.builds("я{}".format, st.text(st.sampled_from("aя€😀"), max_size=300))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("a" * 160, 1, id="160"),
        pytest.param("a" * 161, 2, id="161"),
        pytest.param("a" * 306, 2, id="306"),
        pytest.param("a" * 307, 3, id="307"),
        pytest.param("a" * 158 + "€", 1, id="158 and euro"),
        pytest.param("a" * 159 + "€", 2, id="159 and euro"),
        pytest.param("a" * 152 + "€" + "a" * 152, 3, id="euro at the border"),
        pytest.param("a" * 159 + "\r\n", 2, id="159 and CRLF"),
        pytest.param("a" * 159 + "\n", 1, id="159 and LF"),
        pytest.param("я" * 70, 1, id="70 cyrillic"),
        pytest.param("я" * 71, 2, id="71 cyrillic"),
        pytest.param("я" * 134, 2, id="134 cyrillic"),
        pytest.param("я" * 135, 3, id="135 cyrillic"),
        pytest.param("я" * 66 + "😀" + "я" * 66, 3, id="emoji at the border"),
        pytest.param("😀" * 35, 1, id="35 emoji"),
        pytest.param("😀" * 36, 2, id="36 emoji"),
        pytest.param("😀" * 66, 2, id="66 emoji"),
        pytest.param("😀" * 67, 3, id="67 emoji"),
        pytest.param("я" + "€" * 69, 1, id="extension costs one in UCS-2"),
        pytest.param("\ud83d", 1, id="unpaired surrogate"),
    ],
)
def test_a_text_is_billed_as_these_parts(text: str, parts: int) -> None:
    assert count_parts(text).parts == parts


@pytest.mark.parametrize("character", list(GSM))
def test_a_basic_character_is_one_septet(character: str) -> None:
    count = count_parts(character)
    assert (count.encoding, count.units, count.culprit) == (Encoding.GSM_7, 1, None)


@pytest.mark.parametrize("character", list(EXTENSION))
def test_an_extension_character_is_two_septets(character: str) -> None:
    assert (count_parts(character).encoding, count_parts(character).units) == (Encoding.GSM_7, 2)


@pytest.mark.parametrize("character", list(OTHER))
def test_the_first_character_that_gsm_lacks_is_named(character: str) -> None:
    count = count_parts(f"Hi {character} and ж")
    assert (count.encoding, count.culprit, count.culprit_index) == (Encoding.UCS_2, character, 3)


@given(texts, texts)
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert count_parts(text).parts <= count_parts(text + more).parts


@given(gsm_texts, gsm_texts)
def test_joining_two_gsm_texts_adds_at_most_one_part(one: str, two: str) -> None:
    _assert_joined_within_bounds(one, two)


@given(ucs2_texts, ucs2_texts)
def test_joining_two_ucs2_texts_adds_at_most_one_part(one: str, two: str) -> None:
    _assert_joined_within_bounds(one, two)


def _assert_joined_within_bounds(one: str, two: str) -> None:
    apart = count_parts(one).parts + count_parts(two).parts
    assert count_parts(one + two).parts <= apart + 1


@given(texts)
def test_walking_needs_what_a_character_by_character_walk_needs(text: str) -> None:
    """The oracle places whole characters, so no pair can straddle two parts."""
    count = count_parts(text)
    if count.encoding is Encoding.GSM_7:
        widths = [2 if character in EXTENSION else 1 for character in text]
        single, joined = 160, 153
    else:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        single, joined = 70, 67
    assert count.units == sum(widths)
    assert count.parts == (1 if sum(widths) <= single else _greedy(widths, joined))


def _greedy(widths: list[int], room: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts

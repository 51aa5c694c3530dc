"""The matcher on texts of every kind; what it makes of the corpora in all is in test_measured."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assent.inbound.keywords import Action, Tier, classify
from assent.inbound.normalise import normalise
from tests.unit.inbound.measured import Row, read

CORPUS = read("corpus_1")
_CONSENT = (Action.OPT_IN, Action.CONFIRM)


@pytest.mark.parametrize(
    "row",
    [row for row in CORPUS if row.kind in ("bare keyword", "given")],
    ids=lambda row: row.body,
)
def test_every_bare_keyword_and_given_reply_is_read_as_labelled(row: Row) -> None:
    labelled = {"opt_in": _CONSENT, "review_ok": (Action.REVIEW, Action.FEEDBACK)}
    assert row.action in labelled.get(row.expect, (row.expect,))


@pytest.mark.parametrize(
    "row", [row for row in CORPUS if row.kind == "looks like a keyword"], ids=lambda row: row.body
)
def test_words_that_only_look_like_a_keyword_do_nothing(row: Row) -> None:
    assert row.action is Action.FEEDBACK


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Please\nSent from my iPhone\nSTOP", id="below a signature"),
        pytest.param("Thanks\n--\nSTOP", id="below dashes"),
        pytest.param("hello\n>STOP", id="behind a quote mark"),
        pytest.param("ok\n__STOP__", id="between underscores"),
        pytest.param("x" * 2100 + "\nSTOP", id="below a very long text"),
        pytest.param("\U0001f1f8\U0001f1f9\U0001f1f4\U0001f1f5", id="in flag letters"),
        pytest.param("STOP \ud83d", id="before half an emoji"),
    ],
)
def test_a_stop_counts_wherever_it_stands_alone(body: str) -> None:
    assert classify(body).action is Action.OPT_OUT


@pytest.mark.parametrize(
    "body",
    [
        "Love it\n> Example Shop: 20% off\n> Reply STOP to end",
        "See you\n--\nAnn\nEnd Street 5",
    ],
)
def test_a_quoted_instruction_or_an_address_is_no_stop(body: str) -> None:
    assert classify(body).action is not Action.OPT_OUT


@pytest.mark.parametrize(
    ("body", "country", "action"),
    [
        pytest.param("R", "CN", Action.OPT_OUT, id="R in China"),
        pytest.param("R", "US", Action.FEEDBACK, id="R elsewhere"),
        pytest.param("T", "CN", Action.REVIEW, id="a word nobody vouches for"),
        pytest.param("NO", "US", Action.FEEDBACK, id="NO is an answer"),
        pytest.param("B", "AE", Action.FEEDBACK, id="B goes to the operator"),
    ],
)
def test_some_words_count_only_somewhere(body: str, country: str, action: Action) -> None:
    assert classify(body, country).action is action


def test_a_reading_says_by_which_word_in_which_language() -> None:
    reading = classify("Arrêt !")
    assert (reading.keyword, reading.language, reading.tier) == ("ARRET", "fr", Tier.EXACT)


@pytest.mark.parametrize(
    "body",
    ["STOP\n\nSent from my iPhone", "stop\n--\nAnn Lee\nLee & Sons", "STOP\n> Sale! Buy now"],
    ids=["phone signature", "dashes", "quoted original"],
)
def test_a_signature_or_quote_does_not_hide_a_stop(body: str) -> None:
    assert classify(body).action is Action.OPT_OUT


@given(st.text(max_size=200))
@example("у")
def test_consent_is_only_ever_an_exact_word(body: str) -> None:
    reading = classify(body)
    if reading.action in _CONSENT:
        assert reading.tier is Tier.EXACT


@given(
    st.sampled_from(["stop", "unsubscribe", "revoke", "opt out"]),
    st.text(alphabet=" .!?\"'()-\u200b\u200d\ufe0f🙏😡\n", max_size=8),
    st.text(alphabet=" .!?\"'()\u200b\u200d\ufe0f🙏😡\n", max_size=8),
    st.booleans(),
)
def test_marks_around_a_stop_change_nothing(
    word: str, before: str, after: str, is_upper: bool
) -> None:
    body = before + (word.upper() if is_upper else word) + after
    assert classify(body).action is Action.OPT_OUT


@given(st.text(max_size=300))
def test_normalising_twice_is_normalising_once(body: str) -> None:
    once = normalise(body)
    assert normalise(once) == once


def test_a_huge_text_is_read_in_bounded_time() -> None:
    assert classify("stop the " * 100_000).action in (Action.OPT_OUT, Action.REVIEW)
    assert classify("ﷺ" * 300_000).action is Action.FEEDBACK

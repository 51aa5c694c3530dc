"""The matcher against the labelled texts of `corpus.jsonl` (body, expect, kind)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assent.inbound.keywords import Action, Tier, classify
from assent.inbound.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
]
_CONSENT = (Action.OPT_IN, Action.CONFIRM)


def _of_kind(*kinds: str) -> list[dict[str, str]]:
    return [row for row in CORPUS if row["kind"] in kinds]


@pytest.mark.parametrize("row", _of_kind("bare keyword", "given"), ids=lambda row: row["body"])
def test_every_bare_keyword_and_given_reply_is_read_as_labelled(row: dict[str, str]) -> None:
    assert classify(row["body"]).action.value in row["expect"].split("_or_")


@pytest.mark.parametrize(
    "row",
    [row for row in CORPUS if row["expect"] in ("opt_out", "review")],
    ids=lambda row: row["body"],
)
def test_nothing_like_a_stop_is_ever_consent_or_ignored(row: dict[str, str]) -> None:
    assert classify(row["body"]).action in (Action.OPT_OUT, Action.REVIEW)


@pytest.mark.parametrize("row", _of_kind("looks like a keyword"), ids=lambda row: row["body"])
def test_words_that_only_look_like_a_keyword_do_nothing(row: dict[str, str]) -> None:
    assert classify(row["body"]).action is Action.FEEDBACK


def test_recall_of_stop_requests(record_property: Callable[[str, object], None]) -> None:
    """A labelled stop read as review still rests marketing; at least 98 % must be acted on."""
    stops = [row for row in CORPUS if row["expect"] == "opt_out"]
    found = [row for row in stops if classify(row["body"]).action is Action.OPT_OUT]
    wrong = [
        row["body"]
        for row in CORPUS
        if classify(row["body"]).action is Action.OPT_OUT and "opt_out" not in row["expect"]
    ]
    record_property("opt_out_recall", f"{len(found)}/{len(stops)}")
    record_property("opt_out_false", len(wrong))
    assert len(found) >= 0.98 * len(stops)
    assert wrong == []


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

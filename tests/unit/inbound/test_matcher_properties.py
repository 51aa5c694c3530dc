"""A keyword in any disguise that a phone can give it is that keyword."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.inbound.keywords import Action, classify
from assent.inbound.table import data
from tests.unit.inbound.mutations import check, mutations

ROWS: list[dict[str, Any]] = data("keywords.json")["keywords"]
STOPS = [
    row
    for row in ROWS
    if row["enabled"] and row["action"] == "opt_out" and row["match"].startswith("whole_message")
]
_AROUND = st.text(alphabet=" .!?,;:\"'()[]*~…\u00a0\u200b\u200d\ufeff\ufe0f\n🛑😡🙏", max_size=6)
_INVISIBLE = st.sampled_from(["", "", "", "\u200b", "\u200c", "\u200d", "\u2060", "\u00ad"])
_SPACE = st.sampled_from([" ", "  ", "\u00a0", "\t", "\n", " \u200b "])
_QUOTES = st.sampled_from(
    ["{}", '"{}"', "\u201c{}\u201d", "'{}'", "\u00ab {} \u00bb", "({})", "*{}*"]
)


@st.composite
def disguised(draw: st.DrawFn, keyword: str) -> str:
    """Return `keyword` in random case, width, spacing, quotes and company of marks."""
    is_wide = draw(st.booleans())
    letters = []
    for letter in keyword:
        cased = draw(st.sampled_from([letter.upper(), letter.lower()]))
        if cased == " ":
            letters.append(draw(_SPACE))
        else:
            wide = chr(ord(cased) + 0xFEE0) if is_wide and "!" <= cased <= "~" else cased
            letters.append(wide + draw(_INVISIBLE))
    return draw(_AROUND) + draw(_QUOTES).format("".join(letters)) + draw(_AROUND)


@pytest.mark.parametrize("row", STOPS, ids=lambda row: f"{row['keyword']}-{row['language']}")
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_stop_word_in_any_disguise_stops(row: dict[str, Any], drawn: st.DataObject) -> None:
    only_there = row["match"] == "whole_message_in_country"
    body = drawn.draw(disguised(row["keyword"]))
    assert classify(body, row["country"] if only_there else None).action is Action.OPT_OUT


def test_no_unverified_word_is_enabled() -> None:
    assert [
        row["keyword"] for row in ROWS if row["enabled"] and row["status"] == "unverified"
    ] == []


def test_every_word_says_where_it_comes_from() -> None:
    for row in ROWS:
        assert row["source"], row["keyword"]
        assert row["status"] in ("verified", "derived", "low", "unverified")


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row["action"] == "opt_out" and row["status"] == "unverified"],
    ids=lambda row: f"{row['keyword']}-{row['language']}",
)
def test_a_stop_word_nobody_vouches_for_is_never_dropped_or_consent(row: dict[str, Any]) -> None:
    assert classify(row["keyword"]).action in (Action.REVIEW, Action.OPT_OUT)


@pytest.mark.parametrize(
    ("body", "action"),
    [
        pytest.param("Liked “Acme: sale! Reply STOP to end”", Action.FEEDBACK, id="a like"),
        pytest.param('Emphasized "STOP"', Action.OPT_OUT, id="their own stop, once more"),
        pytest.param("Loved “leave me alone”", Action.REVIEW, id="a request quoted"),
        pytest.param("Is “20% off. Reply STOP to end” still on?", Action.REVIEW, id="our words"),
        pytest.param("> Sale! Reply STOP to end\nstop", Action.OPT_OUT, id="below a quote"),
        pytest.param("-- \nSTOP", Action.OPT_OUT, id="nothing but a signature"),
        pytest.param("don't, stop", Action.REVIEW, id="don't, stop"),
        pytest.param("stop texting me at night", Action.REVIEW, id="narrowed"),
        pytest.param("don't stop texting me", Action.REVIEW, id="taken back"),
        pytest.param("why don't you stop texting me", Action.OPT_OUT, id="no taking back"),
        pytest.param("Stop the promos but keep order alerts", Action.REVIEW, id="some, not all"),
        pytest.param("hlep", Action.HELP, id="help mistyped"),
        pytest.param("yse", Action.FEEDBACK, id="consent mistyped is none"),
        pytest.param("ѕtаrt", Action.FEEDBACK, id="consent in disguise is none"),
        pytest.param("🅢🅣🅞🅟", Action.OPT_OUT, id="circled letters"),
        pytest.param("subscribe", Action.OPT_IN, id="two letters short of unsubscribe"),
        pytest.param("resubscribe me", Action.FEEDBACK, id="two letters from unsubscribe"),
    ],
)
def test_a_text_is_read_as_a_person_would(body: str, action: Action) -> None:
    assert classify(body).action is action


def test_no_mutation_raises_or_becomes_consent() -> None:
    for body in mutations(3_000):
        check(body)


@pytest.mark.parametrize(
    "piece",
    [
        "stop the ",
        "no ",
        "if you ",
        "i dont want to ",
        "remove me from ",
        "a",
        "\ufdfa",
        "> \n",
        '"',
    ],
)
def test_a_text_made_to_be_slow_costs_no_more_than_its_length(piece: str) -> None:
    """Four times the length may cost four times as much, and not the square of it."""
    once, fourfold = (_cost(piece * count) for count in (10_000, 40_000))
    assert fourfold < 10 * once


def _cost(body: str) -> float:
    rounds = []
    for _ in range(3):
        began = time.process_time()
        classify(body)
        rounds.append(time.process_time() - began)
    return min(rounds)

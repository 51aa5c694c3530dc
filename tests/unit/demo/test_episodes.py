"""Each promise about a campaign that was held, ended, split or kept for the day can be broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.demo.desk import FATES
from infra.demo.episodes import Episode, Halted, Night, Split, is_night, lines, promises
from infra.demo.phones import Text
from tests.fakes.frozen_clock import NOON

ANN, BOB, CAT = "+16125550103", "+12135550104", "+33639980009"


def text(to: str, seconds: float = 0, body: str = "20% off") -> Text:
    at = NOON + timedelta(seconds=seconds)
    return Text("m", to, "+12065550199", body, 1, at, at)


def campaign(status: str = "completed", **fates: Any) -> dict[str, Any]:
    counts = dict.fromkeys(FATES, 0) | fates
    planned = fates.pop("planned", sum(v for k, v in fates.items() if k != "variants"))
    return {"status": status, "progress": {"variants": {}, **counts, "planned": planned}}


def paused() -> Halted:
    """One text before the pause, one after it."""
    texts = [text(ANN), text(BOB, 20)]
    at = NOON + timedelta(seconds=1)
    return Halted("Paused", campaign(sent=2), texts, timedelta(), at, at + timedelta(seconds=9))


def split() -> Split:
    texts = [text(ANN, body="code a"), text(BOB, body="code b")]
    shown = campaign(sent=2, held_out=1, variants={"A:sent": 1, "B:sent": 1})
    marks, weights = {"A": "code a", "B": "code b"}, {"A": 1, "B": 1}
    return Split("A/B", shown, texts, timedelta(), marks, weights, 20)


def night() -> Night:
    """At noon UTC it is one o'clock in Paris, and four at night in Los Angeles."""
    zones = {CAT: "Europe/Paris", BOB: "America/Los_Angeles"}
    windows = [(NOON, 1), (NOON + timedelta(hours=5), 1)]
    shown = campaign("cancelled", sent=1, cancelled=1)
    return Night("Night", shown, [text(CAT)], timedelta(), zones, windows, NOON)


def broken(episode: Episode) -> list[str]:
    return [sentence for sentence, holds in promises([episode]) if not holds]


@pytest.mark.parametrize("episode", [paused(), split(), night()], ids=lambda each: each.title)
def test_what_went_as_promised_breaks_nothing_and_shows_its_section(episode: Episode) -> None:
    assert broken(episode) == []
    assert ("  sent", episode.count("sent")) in list(lines([episode]))


@pytest.mark.parametrize(
    ("episode", "sentence"),
    [
        pytest.param(
            replace(paused(), campaign=campaign(sent=2, planned=3)),
            "paused: planned is the sum of all fates",
            id="identity",
        ),
        pytest.param(
            replace(paused(), texts=[text(ANN)]),
            "paused: every text that is counted reached a phone",
            id="a text too few",
        ),
        pytest.param(
            replace(paused(), texts=[text(ANN), text(ANN, 20)]),
            "paused: nobody is texted twice",
            id="twice",
        ),
        pytest.param(
            replace(paused(), texts=[text(ANN), text(BOB, 5)]),
            "paused: it is silent while it is stopped",
            id="a text in the pause",
        ),
        pytest.param(
            replace(paused(), on_at=None, wants="cancelled"),
            "paused: it is silent while it is stopped",
            id="a text after the end",
        ),
        pytest.param(
            replace(paused(), wants="cancelled"), "paused: it ends as cancelled", id="status"
        ),
        pytest.param(
            replace(paused(), refusals={"a launch": False}),
            "paused: a launch is refused while everything is stopped",
            id="brake without effect",
        ),
        pytest.param(
            replace(split(), texts=[text(ANN, body="code a code b"), text(BOB, body="code b")]),
            "a/b: nobody is in two variants",
            id="two variants",
        ),
        pytest.param(
            replace(split(), texts=[text(ANN, body="code a"), text(BOB)]),
            "a/b: everybody who is texted is in one",
            id="no variant",
        ),
        pytest.param(
            replace(split(), campaign=campaign(sent=2, variants={"A:sent": 2})),
            "a/b: each variant counts those whom it reached",
            id="miscounted",
        ),
        pytest.param(
            replace(split(), campaign=campaign(sent=2, held_out=98)),
            "a/b: the hold-out is of its size",
            id="hold-out",
        ),
        pytest.param(
            replace(split(), texts=[text(f"+1{n}", body="code a") for n in range(90)]),
            "a/b: the variants have their shares",
            id="shares",
        ),
        pytest.param(
            replace(night(), texts=[text(CAT), text(BOB)]),
            "night: nobody is texted at night",
            id="at night",
        ),
        pytest.param(
            replace(night(), windows=[(NOON, 2)]),
            "night: whoever was held is cancelled with it",
            id="not held",
        ),
        pytest.param(
            replace(night(), windows=[(NOON, 1)]),
            "night: the rehearsal foresaw everybody",
            id="not foreseen",
        ),
    ],
)
def test_each_broken_promise_is_named(episode: Episode, sentence: str) -> None:
    assert sentence in broken(episode)


def test_a_machine_that_stood_still_is_not_held_against_the_service() -> None:
    late = replace(paused(), texts=[text(ANN), text(BOB, 2.9)])
    assert late.during == 1
    assert replace(late, uneven=timedelta(seconds=1)).during == 0


@pytest.mark.parametrize(
    ("zone", "is_one"),
    [("Europe/Paris", False), ("America/Los_Angeles", True), ("Australia/Sydney", True)],
)
def test_the_night_is_where_the_clock_says_so(zone: str, is_one: bool) -> None:
    assert is_night(zone, NOON) is is_one


def test_whoever_is_left_out_of_a_window_to_come_is_cancelled_or_left_out() -> None:
    """Two more were planned who get nothing: one was told today, one would have been tonight."""
    shown = campaign("cancelled", sent=1, cancelled=2, suppressed=1)
    assert broken(replace(night(), campaign=shown, left_out=2)) == []

"""What is published about the matcher is so, and stays so."""

from __future__ import annotations

import pytest

from assent.inbound.keywords import Action, classify
from tests.unit.inbound.composed import LOOK_ALIKES, ORDINARY, REQUESTS, TAKEN_BACK
from tests.unit.inbound.measured import CORPORA, DOCS, MEASURES, Row, Share, read, written
from tests.unit.inbound.training import TARGET, examples, learnt
from tests.unit.inbound.training import written as trained

ALL = read(*CORPORA)


def test_the_page_shows_what_is_measured_today() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert written(page) == page, "run: python -m tests.unit.inbound.measured"


def test_there_is_enough_to_measure_by() -> None:
    assert len(ALL) >= 1200
    assert len({row.body for row in ALL}) >= 0.98 * len(ALL)


@pytest.mark.parametrize("name", CORPORA)
def test_each_corpus_has_stops_and_texts_that_are_none(name: str) -> None:
    rows = read(name)
    assert sum(row.is_stop for row in rows) >= 100
    assert sum(row.is_no_stop for row in rows) >= 75


@pytest.mark.parametrize(
    ("measure", "least"),
    [
        pytest.param("tier A: acted on", 1.0, id="tier A"),
        pytest.param("free text, English and mixed: acted on", 0.97, id="acted on"),
        pytest.param("free text, English and mixed: acted on or held", 1.0, id="heard"),
        pytest.param("free text, es fr de: acted on", 0.97, id="acted on in other languages"),
        pytest.param("free text, es fr de pt: acted on or held", 1.0, id="other languages"),
        pytest.param("may be a stop: held or acted on", 1.0, id="may be a stop"),
        pytest.param("HELP and consent read as such", 1.0, id="help and consent"),
    ],
)
def test_what_must_be_found_is_found(measure: str, least: float) -> None:
    assert MEASURES[measure](ALL).share >= least


@pytest.mark.parametrize(
    ("measure", "most"),
    [
        pytest.param("false opt-outs, of all that is no stop", 0.005, id="false opt-outs"),
        pytest.param("false opt-outs, of ordinary replies", 0.0, id="ordinary replies stopped"),
        pytest.param("ordinary replies held", 0.02, id="ordinary replies held"),
        pytest.param("stop read as consent", 0.0, id="stop as consent"),
        pytest.param("consent read into anything else", 0.0, id="consent from nothing"),
        pytest.param("stop dropped (read as feedback or help)", 0.0, id="dropped"),
    ],
)
def test_what_must_not_happen_does_not(measure: str, most: float) -> None:
    assert MEASURES[measure](ALL).share <= most


@pytest.mark.parametrize(
    "row", [row for row in ALL if row.is_stop or row.expect == "hold"], ids=lambda row: row.body
)
def test_nothing_like_a_stop_is_ever_consent_or_ignored(row: Row) -> None:
    assert row.action in (Action.OPT_OUT, Action.REVIEW)


def test_the_weights_are_those_that_the_corpora_teach() -> None:
    kept = TARGET.read_text(encoding="utf-8")
    assert trained(learnt(examples())) == kept, "run: python -m tests.unit.inbound.training"


def test_a_request_is_one_whatever_its_frame_and_its_object() -> None:
    unheard = [body for body in REQUESTS if classify(body).action is not Action.OPT_OUT]
    assert unheard == []


@pytest.mark.parametrize(
    ("bodies", "most"),
    [
        pytest.param(LOOK_ALIKES, 0.005, id="other things stopped and removed"),
        pytest.param(ORDINARY, 0.0, id="ordinary replies"),
        pytest.param(TAKEN_BACK, 0.0, id="requests taken back"),
    ],
)
def test_what_is_put_together_like_a_request_is_none(bodies: list[str], most: float) -> None:
    stopped = [body for body in bodies if classify(body).action is Action.OPT_OUT]
    assert len(stopped) <= most * len(bodies), stopped


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert Share(81, 263).interval == "25.5% to 36.6%"

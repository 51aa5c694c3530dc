from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from infra.demo.findings import Findings, Stop, broken, held_rate, warnings, worst_second
from infra.demo.phones import Text
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

ANN, BOB = "+16125550103", "+12135550104"


def text(to: str = ANN, seconds: float = 0, parts: int = 1) -> Text:
    at = NOON + timedelta(seconds=seconds)
    return Text("m", to, "+12065550199", "20% off", parts, at, at)


def sound() -> Findings:
    """A morning on which everything went as promised: two people, one of whom stopped late."""
    texts = [text(ANN, 0), text(BOB, 0.5)]
    return Findings(
        rows=3,
        accepted=2,
        agreed={ANN, BOB},
        confirmed={ANN, BOB},
        campaign_id="c_1",
        campaign_status="completed",
        planned=3,
        fates={"sent": 2, "held_out": 1},
        texts=texts,
        campaign_texts=texts,
        stops=[Stop(BOB, NOON + timedelta(seconds=1), frozenset())],
        asked_rate=2,
    )


def made() -> Findings:
    findings = sound()
    findings.refused["invalid_phone"] = 1
    return findings


def test_a_sound_morning_breaks_no_promise() -> None:
    assert broken(made()) == []
    assert made().duplicates == 0
    assert made().late == (0, 0)


@dataclass
class Sabotage:
    act: Callable[[Findings], object]
    promise: str


def _set(**changes: object) -> Callable[[Findings], object]:
    def act(findings: Findings) -> None:
        for name, value in changes.items():
            setattr(findings, name, value)

    return act


@pytest.mark.parametrize(
    "sabotage",
    [
        Sabotage(_set(rows=4), "every row is accepted or refused"),
        Sabotage(_set(untextable={ANN}), "a refused or hidden-field sign-up costs no text"),
        Sabotage(
            _set(agreed={ANN}, lines={ANN: 2, BOB: 9}),
            "confirmed are exactly those who said yes to a text (line 9)",
        ),
        Sabotage(_set(campaign_status="paused"), "the campaign is completed"),
        Sabotage(_set(planned=0, fates={}), "somebody was planned for"),
        Sabotage(_set(planned=4), "planned is the sum of all fates"),
        Sabotage(_set(fates={"sent": 3}), "every text that the service counts reached a phone"),
        Sabotage(_set(campaign_texts=[text(), text()]), "nobody is texted twice by one campaign"),
        Sabotage(_set(confirmed={ANN}), "only the confirmed are texted"),
        Sabotage(_set(stops=[Stop(BOB, NOON, frozenset())]), "no text after STOP"),
        Sabotage(_set(stops=[Stop(BOB, NOON, None)]), "every STOP is in the log"),
        Sabotage(_set(asked_rate=1), "the rate is not exceeded in any second"),
        Sabotage(_set(log_formulas=1), "no cell of the export is a formula"),
    ],
    ids=lambda sabotage: sabotage.promise,
)
def test_each_broken_promise_is_named(sabotage: Sabotage) -> None:
    findings = made()
    sabotage.act(findings)
    assert sabotage.promise in broken(findings)


def test_a_late_text_that_the_stop_names_is_explained() -> None:
    findings = made()
    findings.stops = [Stop(BOB, NOON, frozenset({"c_1"}))]
    assert findings.late == (0, 1)
    assert broken(findings) == []


def test_a_text_in_doubt_may_or_may_not_have_arrived() -> None:
    findings = made()
    findings.fates = {"sent": 1, "in_doubt": 1, "held_out": 1}
    assert broken(findings) == []


@pytest.mark.parametrize(
    ("seconds", "worst"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([0], 1, id="one"),
        pytest.param([0, 0.5, 1.0], 2, id="the end of the window is not in it"),
        pytest.param([0, 0.9, 1.1, 1.8, 1.89], 4, id="windows slide"),
    ],
)
def test_the_worst_second_is_found_in_any_place(seconds: list[float], worst: int) -> None:
    assert worst_second([text(seconds=s) for s in seconds]) == worst


def test_a_rate_broken_by_uneven_delay_alone_is_not_held_against_the_service() -> None:
    findings = made()
    findings.texts = findings.campaign_texts = [text(ANN, 0), text(BOB, 0.5), text("+1", 0.98)]
    assert findings.rate.worst == 3
    assert findings.rate.surely == 2


def test_parts_count_and_not_texts() -> None:
    assert worst_second([text(parts=3), text(seconds=0.5)]) == 4


def test_the_held_rate_is_parts_over_time() -> None:
    assert held_rate([text(seconds=s / 20, parts=2) for s in range(41)]) == pytest.approx(40)
    assert held_rate([text()]) == 0.0


def test_a_slow_machine_is_a_warning_and_breaks_nothing() -> None:
    findings = made()
    findings.asked_rate = 50
    assert warnings(findings)
    assert broken(findings) == []


def test_a_machine_that_stood_still_is_allowed_for_and_told_of() -> None:
    findings = made()
    findings.texts = findings.campaign_texts = [text(ANN, 0), text(BOB, 0.5), text("+1", 0.7)]
    assert findings.rate.surely == 3
    findings.uneven = timedelta(milliseconds=400)
    assert findings.rate.surely == 2
    assert any("stood still for 0.40 s" in note for note in warnings(findings))

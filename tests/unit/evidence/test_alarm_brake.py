"""Tables that forgot what was sealed stop all sending; a sound log stops nothing."""

from __future__ import annotations

import pytest

from assent.evidence.alarm_brake import AlarmBrake
from assent.evidence.sealing import BrokenChainError, SealingReport


class Brake:
    def __init__(self) -> None:
        self.pulled: list[str] = []

    def pull(self, why: str) -> None:
        self.pulled.append(why)


def test_a_sound_log_stops_nothing() -> None:
    brake = Brake()
    report = SealingReport(digests=1)
    assert AlarmBrake(brake).guard(lambda: report) is report
    assert brake.pulled == []


def test_a_history_that_lost_what_was_sealed_stops_all_sending() -> None:
    brake = Brake()
    AlarmBrake(brake).guard(lambda: SealingReport(mismatches=1))
    assert brake.pulled == ["stored histories are not what was sealed of them"]


def test_digests_that_only_the_vault_remembers_stop_all_sending_and_are_told() -> None:
    brake = Brake()

    def seal() -> SealingReport:
        raise BrokenChainError("the vault is ahead")

    with pytest.raises(BrokenChainError):
        AlarmBrake(brake).guard(seal)
    assert len(brake.pulled) == 1

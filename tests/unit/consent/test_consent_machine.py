"""All acts on all states of one number; and that the machine notices houses with a known fault.

`make fuzz` runs the same machine for thousands of programs that nobody has seen before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from assent.consent import entries, service
from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.consent.policy import decide_request
from tests.unit.consent.machine import DyingStore, OneNumber, Town

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.consent.entries import Opening
    from assent.consent.model import ConsentChange, Standing

# What no act of the machine's leads to: reminders, wishes and staff's marks change no consent.
ELSEWHERE = {
    EventType.REMINDED,
    EventType.PREFERENCES_CHANGED,
    EventType.RESTRICTED,
    EventType.RESTRICTION_LIFTED,
    EventType.LEGAL_HOLD_SET,
    EventType.LEGAL_HOLD_LIFTED,
    EventType.ERASURE_QUEUED,
}

_SEARCH = settings(
    max_examples=400,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    # That it fails is enough; the shortest way there is nobody's business.
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def test_all_acts_on_all_states_of_one_number() -> None:
    run_state_machine_as_test(OneNumber, settings=settings())
    assert {each.value for each in set(EventType) - ELSEWHERE} <= OneNumber.reached
    assert set(ConsentStatus) <= OneNumber.reached


def _a_form_lifts_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    real = entries.opening

    def decide(standing: Standing | None, *more: Any, **named: Any) -> Any:
        return decide_request(standing and replace(standing, stopped_at=None), *more, **named)

    def opening(*given: Any) -> Opening:
        made = real(*given)
        return replace(made, after=replace(made.after, stopped_at=None))

    monkeypatch.setattr(service, "decide_request", decide)
    monkeypatch.setattr(entries, "opening", opening)


def _a_form_texts_a_stopped_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(standing: Standing | None, *more: Any, **named: Any) -> Any:
        return decide_request(standing and replace(standing, stopped_at=None), *more, **named)

    monkeypatch.setattr(service, "decide_request", decide)


def _an_old_start_counts_as_now(monkeypatch: pytest.MonkeyPatch) -> None:
    real = entries.Keyword.received

    def received(at: Any, now: Any, *more: Any, is_opt_out: bool) -> entries.Keyword:
        return real(at if is_opt_out else now, now, *more, is_opt_out=is_opt_out)

    monkeypatch.setattr(entries.Keyword, "received", received)


class _Forgetful(DyingStore):
    """A store that writes some part of a change and not the rest."""

    def partly(self, change: ConsentChange) -> ConsentChange:
        return change

    def commit(self, change: ConsentChange) -> None:
        super().commit(self.partly(change))


class _EventsOnly(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        before = change.before
        if before is None:
            return change
        tip = replace(before, seq=change.after.seq, head_hash=change.after.head_hash)
        return replace(change, after=tip)


class _StandingOnly(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        before = change.before
        if before is None:
            return change
        same_tip = replace(change.after, seq=before.seq, head_hash=before.head_hash)
        return replace(change, after=same_tip, events=(), tell_provider=False)


class _WithoutDedupe(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        return replace(change, dedupe_key=None)


class _KeepsEpochs(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        kept = {
            name: replace(consent, epoch=change.before.consents[name].epoch)
            if change.before and name in change.before.consents
            else consent
            for name, consent in change.after.consents.items()
        }
        return replace(change, after=replace(change.after, consents=kept))


class _ForgetsQuestions(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        request = change.open_request
        return replace(change, open_request=request and replace(request, texted_at=()))


class _DropsWithdrawn(_Forgetful):
    def partly(self, change: ConsentChange) -> ConsentChange:
        kept = {
            name: consent
            for name, consent in change.after.consents.items()
            if consent.status is not ConsentStatus.WITHDRAWN
        }
        return replace(change, after=replace(change.after, consents=kept))


def _store(made: type[DyingStore]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(OneNumber, "make_town", lambda: Town(store=made()))


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(_a_form_lifts_a_stop, id="a form lifts a stop"),
        pytest.param(_a_form_texts_a_stopped_number, id="a form texts a stopped number"),
        pytest.param(_an_old_start_counts_as_now, id="an old START counts as now"),
        pytest.param(_store(_EventsOnly), id="an event without its standing"),
        pytest.param(_store(_StandingOnly), id="a standing without its event"),
        pytest.param(_store(_WithoutDedupe), id="a second delivery counts again"),
        pytest.param(_store(_KeepsEpochs), id="old codes and links live on"),
        pytest.param(_store(_ForgetsQuestions), id="questions without end"),
        pytest.param(_store(_DropsWithdrawn), id="a withdrawal is forgotten"),
    ],
)
def test_the_machine_notices(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(OneNumber, settings=_SEARCH)

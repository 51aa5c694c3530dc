"""Whoever is asked about: the same calls of the same ports in the same order, then the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assent.errors import TooManyRequestsError
from assent.opt_in.form_token import MIN_FILL
from tests.unit.inbound.test_receiving import NUMBER, House
from tests.unit.opt_in.test_opt_in import FORM

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.opt_in.service import OptInService

STOPPED, CONFIRMED, PENDING = "+16125550111", "+16125550112", "+16125550113"
CASES = {
    "new": "+16125550110",
    "pending": PENDING,
    "confirmed": CONFIRMED,
    "opted out": STOPPED,
    "country not served": "+447700900123",
    "country not on the deployment's list": "+15064560103",
    "worn out by sign-ups": "+16125550114",
}


class Traced:
    """A port that notes each call: its name, and of what kind the arguments are."""

    def __init__(self, port: Any, name: str, trace: list[str]) -> None:
        self._port, self._name, self._trace = port, name, trace

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            kinds = ",".join(type(each).__name__ for each in args)
            self._trace.append(f"{self._name}.{method}({kinds})")
            return found(*args, **kwargs)

        return call


def a_house() -> House:
    """One where people of each kind are known."""
    house = House()
    for number in (STOPPED, CONFIRMED, PENDING):
        house.ask(replace(FORM, phone_raw=number))
    house.text("YES", raw_from=CONFIRMED)
    house.text("STOP", raw_from=STOPPED)
    for _ in range(8):
        house.ask(replace(FORM, phone_raw=CASES["worn out by sign-ups"]))
    house.counters.taken.clear()
    return house


def traced(house: House) -> tuple[OptInService, list[str]]:
    trace: list[str] = []

    def watch(port: Any, name: str) -> Any:
        return Traced(port, name, trace)

    real = house.opt_in
    counters, keys = watch(house.counters, "counters"), watch(house.keys, "keys")
    subjects = replace(real.door.subjects, mac=keys.mac)
    return (
        replace(
            real,
            programmes=watch(house.programmes, "programmes"),
            consent=replace(real.consent, store=watch(house.store, "store")),
            store=watch(house.store, "store"),
            keys=keys,
            tokens=replace(real.tokens, keys=keys, counters=counters),
            door=replace(real.door, counters=counters, subjects=subjects),
            queue=watch(house.queue, "queue"),
        ),
        trace,
    )


def calls(act: Callable[[OptInService, House], None]) -> list[str]:
    house = a_house()
    service, trace = traced(house)
    act(service, house)
    return trace


@pytest.mark.parametrize("has_token", [False, True], ids=["without token", "with token"])
def test_every_number_costs_the_same_calls(has_token: bool) -> None:
    def sign_up(number: str, honeypot: str = "") -> list[str]:
        def act(service: OptInService, house: House) -> None:
            token = house.tokens.issue(FORM.programme_id) if has_token else None
            house.clock.advance(MIN_FILL)
            form = replace(FORM, phone_raw=number, country=None, form_token=token)
            service.request(replace(form, honeypot=honeypot))

        return calls(act)

    traces = {name: sign_up(number) for name, number in CASES.items()}
    traces["a filled honeypot"] = sign_up(NUMBER, "http://spam.example")
    assert len({tuple(trace) for trace in traces.values()}) == 1
    trace = traces["new"]
    assert trace[-1] == "queue.put(AskedSignUp)"
    assert not [call for call in trace if call.startswith("store.") or "key_of" in call]


def test_a_block_that_is_full_is_refused_whoever_of_it_is_asked_about() -> None:
    heard = set()
    for number in (CASES["new"], PENDING, CONFIRMED, STOPPED):
        house = a_house()
        shut = {s: replace(row, most=0, without_token=0) for s, row in house.limits.items()}
        house.limits.update(shut)
        with pytest.raises(TooManyRequestsError) as caught:
            house.opt_in.request(replace(FORM, phone_raw=number))
        heard.add((str(caught.value), caught.value.retry_after_seconds))
    assert len(heard) == 1

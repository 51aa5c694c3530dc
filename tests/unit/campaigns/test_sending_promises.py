"""At most one text per person, none after a STOP, and counts that add up, whatever happens when.

Each test moves one misfortune through every port call of an attempt.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.campaigns.model import CampaignStatus, Fate
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.interleaving import interleaved
from tests.unit.campaigns.world import World, at_each_call, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 3
# Enough for the rate to spread them over three seconds.
MANY = 60
CALLS = at_each_call(lambda: World(PEOPLE))


def test_an_attempt_without_faults_texts_everybody_once() -> None:
    world = World(PEOPLE)
    world.survive(Faults())
    assert [world.published(n) for n in range(PEOPLE)] == [1, 1, 1]
    assert world.fates == {Fate.SENT: 3}
    world.assert_promises()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at_call", range(CALLS))
def test_a_crash_at_any_call_repeats_nothing_and_loses_nobody(at_call: int, after: bool) -> None:
    world = World(PEOPLE)
    world.survive(crash(at_call, after=after))
    world.assert_promises()
    # Whoever was texted is counted as sent or, if nobody could know, in doubt.
    texted = sum(world.published(n) for n in range(PEOPLE))
    assert texted <= world.fates.get(Fate.SENT, 0) + world.fates.get(Fate.IN_DOUBT, 0)
    assert world.fates.get(Fate.SENT, 0) <= texted


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at_call", range(CALLS))
@pytest.mark.parametrize("number", [0, PEOPLE - 1])
def test_a_stop_at_any_call_is_before_the_claim_or_names_it(
    at_call: int, number: int, after: bool
) -> None:
    world = World(PEOPLE)
    faults = Faults(at_call)
    setattr(faults, "after" if after else "before", lambda: world.stop(number))
    world.survive(faults)
    world.assert_promises()
    event, _ = world.consent_store.history(key_of(number))[-1]
    was_in_flight = ("publish", f"+1206555{number:04d}") in world.acts
    named = event.facts.get("in_flight")
    assert bool(named) == was_in_flight


@pytest.mark.parametrize("at_call", range(CALLS))
def test_a_second_worker_at_any_call_texts_nobody_twice(at_call: int) -> None:
    world = World(PEOPLE)
    world.survive(Faults(at_call, before=world.send))
    world.assert_promises()


@pytest.mark.parametrize("at_call", range(CALLS))
@pytest.mark.parametrize("dies_at", range(0, CALLS, 2))
def test_a_second_worker_that_dies_anywhere_texts_nobody_twice(at_call: int, dies_at: int) -> None:
    world = World(PEOPLE)

    def second() -> None:
        with suppress(CrashError):
            world.send(crash(dies_at, after=True))

    world.survive(Faults(at_call, before=second))
    world.assert_promises()


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED])
@pytest.mark.parametrize("at_call", range(0, at_each_call(lambda: World(MANY)), 9))
def test_after_pause_or_cancel_no_worker_texts_for_longer_than_a_step(
    at_call: int, status: CampaignStatus
) -> None:
    world = World(MANY)
    changed_at = []

    def change() -> None:
        world.set_status(status)
        changed_at.append(world.clock.now())

    world.send(Faults(at_call, before=change))
    late = [
        at
        for times in world.carrier.published_at.values()
        for at in times
        if (at - changed_at[0]).total_seconds() > 1.1
    ]
    assert not late
    if world.campaign.status is CampaignStatus.PAUSED:
        world.set_status(CampaignStatus.RUNNING)
    world.send_until_closed()
    world.assert_promises()


@pytest.mark.parametrize("at_call", range(CALLS))
def test_a_worker_frozen_at_any_call_publishes_within_two_seconds_of_its_claim(
    at_call: int,
) -> None:
    world = World(PEOPLE)
    world.survive(Faults(at_call, after=lambda: world.clock.advance(20)))
    world.assert_promises()
    for subscriber in world.table.all():
        claim = subscriber.standing.claims["c_1"]  # type: ignore[index]
        phone = subscriber.standing.phone
        assert phone is not None
        for at in world.carrier.published_at.get(phone.e164, []):
            assert (at - claim.at).total_seconds() <= 2


misfortunes = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["crash before", "crash after", "freeze", "stop", "second worker"]),
        st.integers(0, PEOPLE - 1),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(misfortunes)
def test_any_series_of_misfortunes_keeps_the_promises(
    series: list[tuple[int, str, int]],
) -> None:
    world = World(PEOPLE)
    for at_call, kind, number in series:
        try:
            world.send(_misfortune(world, at_call, kind, number))
        except CrashError:
            world.clock.advance(number * 20)
    world.send_until_closed()
    world.assert_promises()


def _misfortune(world: World, at_call: int, kind: str, number: int) -> Faults:
    if kind.startswith("crash"):
        return crash(at_call, after=kind.endswith("after"))
    acts: dict[str, Callable[[], object]] = {
        "freeze": lambda: world.clock.advance(10 * (number + 1)),
        "stop": lambda: world.stop(number),
        "second worker": world.send,
    }
    return Faults(at_call, before=acts[kind])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=80), st.integers(0, 80))
def test_two_workers_in_any_order_of_calls_keep_the_promises(
    order: list[int], stop_at: int
) -> None:
    world = World(PEOPLE)
    interleaved(world, order, stop_at)
    world.send_until_closed()
    world.assert_promises()

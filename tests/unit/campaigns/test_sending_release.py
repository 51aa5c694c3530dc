"""Whoever was certainly not texted is not lost: the claim is given back and made anew later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.campaigns import sending_one
from assent.campaigns.model import CampaignStatus, Fate
from assent.campaigns.sending import SendStatus
from assent.campaigns.sending_one import PUBLISH_TRIES
from assent.errors import TryAgainError
from assent.messages.ledger import Outcome, SendResult
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.world import World, at_each_call, calls_of, key_of, phone_of

THROTTLED = SendResult(Outcome.THROTTLED)


def throttled_world(times: int = PUBLISH_TRIES, people: int = 2) -> World:
    """Return a world whose carrier refuses person 0 for load, so that their claim is released."""
    world = World(people)
    world.carrier.answers[phone_of(0).e164] = [THROTTLED] * times
    return world


def acts_of(world: World, number: int) -> list[str]:
    return [act for act, phone in world.acts if phone == phone_of(number).e164]


def claimed(world: World) -> list[int]:
    people = (world.table.get(key_of(number)) for number in range(3))
    return [n for n, person in enumerate(people) if person and person.standing.claims]


def test_a_carrier_that_goes_on_throttling_costs_nobody_their_text() -> None:
    world = throttled_world(9, people=3)
    assert world.send() is SendStatus.UNFINISHED
    assert claimed(world) == []
    assert world.ledger.all() == []
    world.survive(Faults())
    assert world.fates == {Fate.SENT: 3}
    assert acts_of(world, 0) == ["claim", "release", "claim", "release", "claim", "publish"]
    world.assert_promises()


def test_when_every_try_in_time_is_throttled_the_claim_is_released() -> None:
    world = throttled_world(people=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending_one, "_BACK_OFF_SECONDS", 0.01)
        assert world.send() is SendStatus.UNFINISHED
    assert world.carrier.answers[phone_of(0).e164] == []
    assert (world.fates, claimed(world)) == ({}, [])


def test_a_claim_that_takes_longer_than_its_deadline_is_released_and_made_anew() -> None:
    world = World(2)
    at_claim = calls_of(2).index("claims.claim")
    late = Faults(at_claim, after=lambda: world.clock.advance(3))
    assert world.send(late) is SendStatus.DONE
    assert acts_of(world, 0) == ["claim", "release", "claim", "publish"]
    assert world.fates == {Fate.SENT: 2}
    world.assert_promises()


def test_a_worker_too_slow_for_every_text_loses_nobody_and_pauses_nothing() -> None:
    """Once each missed slot was a refusal, and enough of those paused the campaign."""
    world = World(60)
    faults = Faults()
    inner = faults.around

    def around(name: str, call: object) -> object:
        answer = inner(name, call)  # type: ignore[arg-type]
        if name == "claims.claim":
            world.clock.advance(3)
        return answer

    faults.around = around  # type: ignore[method-assign]
    assert world.send(faults) is SendStatus.UNFINISHED
    assert world.campaign.status is CampaignStatus.RUNNING
    world.survive(Faults())
    assert world.fates == {Fate.SENT: 60}
    world.assert_promises()


def test_a_claim_that_misses_its_slot_gets_another_one() -> None:
    world = World(2)
    clean = calls_of(2)
    again = Faults(clean.index("claims.claim"), after=lambda: world.clock.advance(0.5))
    assert world.send(again) is SendStatus.DONE
    assert again.calls.count("rates.book") > clean.count("rates.book")
    assert world.fates == {Fate.SENT: 2}


def test_a_rate_store_that_fails_after_the_claim_releases_it() -> None:
    world = World(1)
    faults = Faults(calls_of(1).index("claims.claim"), after=lambda: world.clock.advance(0.5))
    normal = faults.around

    def around(name: str, call: object) -> object:
        if name == "rates.book" and "claims.claim" in faults.calls:
            raise TryAgainError("throttled")
        return normal(name, call)  # type: ignore[arg-type]

    faults.around = around  # type: ignore[method-assign]
    assert world.send(faults) is SendStatus.UNFINISHED
    assert acts_of(world, 0) == ["claim", "release"]


def test_a_release_whose_answer_is_lost_is_no_reason_to_text_twice() -> None:
    world = throttled_world()
    at_release = release_call()

    def lose() -> None:
        raise TryAgainError("the answer is lost")

    assert world.send(Faults(at_release, after=lose)) is SendStatus.UNFINISHED
    world.survive(Faults())
    assert world.fates == {Fate.SENT: 2}
    world.assert_promises()


def test_a_release_that_never_came_through_leaves_the_claim_in_doubt() -> None:
    world = throttled_world()

    def fail() -> None:
        raise TryAgainError("not now")

    assert world.send(Faults(release_call(), before=fail)) is SendStatus.UNFINISHED
    world.clock.advance(timedelta(seconds=40))
    world.survive(Faults())
    assert world.fates == {Fate.SENT: 1, Fate.IN_DOUBT: 1}
    world.assert_promises()


def release_call() -> int:
    faults = Faults()
    throttled_world().send(faults)
    return faults.calls.index("claims.release")


CALLS = at_each_call(throttled_world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at_call", range(CALLS))
def test_a_crash_at_any_call_of_a_throttled_attempt_repeats_nothing(
    at_call: int, after: bool
) -> None:
    world = throttled_world()
    world.survive(crash(at_call, after=after))
    world.assert_promises()


@pytest.mark.parametrize("dies_at", [None, *range(0, CALLS, 2)])
@pytest.mark.parametrize("at_call", range(CALLS))
def test_another_worker_at_any_call_of_a_throttled_attempt_texts_nobody_twice(
    at_call: int, dies_at: int | None
) -> None:
    world = throttled_world()

    def second() -> None:
        try:
            world.send(Faults() if dies_at is None else crash(dies_at, after=True))
        except CrashError:
            world.clock.advance(1)

    world.survive(Faults(at_call, before=second))
    world.assert_promises()


@pytest.mark.parametrize("at_call", range(CALLS))
def test_a_stop_at_any_call_of_a_throttled_attempt_ends_it(at_call: int) -> None:
    world = throttled_world()
    world.survive(Faults(at_call, before=lambda: world.stop(0)))
    world.assert_promises()
    assert world.fates.get(Fate.IN_DOUBT, 0) == 0

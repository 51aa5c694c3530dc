"""Several threads text the same batch and keep the same promises."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from assent.campaigns.model import Fate
from assent.campaigns.sending import SendStatus
from assent.campaigns.sending_one import Ended
from assent.campaigns.sending_workers import CallersThread, Threads, workers_of
from assent.errors import SettingsError, TryAgainError
from tests.unit.campaigns.world import World

if TYPE_CHECKING:
    from assent.campaigns.model import Claimed, ClaimRefused


def test_one_worker_is_the_callers_thread() -> None:
    workers = workers_of(1)
    assert isinstance(workers, CallersThread)
    seen = []

    def turn() -> Ended:
        seen.append(threading.current_thread())
        return Ended.SETTLED

    workers.wait_for_one()
    workers.run(turn)
    workers.finish()
    assert seen == [threading.current_thread()]
    assert workers.ended == {Ended.SETTLED}


def test_threads_work_at_the_same_time_up_to_their_number() -> None:
    workers = workers_of(2)
    assert isinstance(workers, Threads)
    both = threading.Barrier(2, timeout=5)

    def turn() -> Ended:
        both.wait()
        return Ended.SETTLED

    for _ in range(4):
        workers.wait_for_one()
        workers.run(turn)
    workers.finish()
    assert workers.ended == {Ended.SETTLED}


def test_what_a_turn_raises_is_raised_to_the_caller() -> None:
    workers = Threads(1)

    def turn() -> Ended:
        raise TryAgainError("not now")

    workers.run(turn)
    with pytest.raises(TryAgainError):
        workers.wait_for_one()
    with pytest.raises(TryAgainError):
        workers.finish()


def test_a_task_runs_beside_the_turns_and_what_it_raises_is_raised() -> None:
    workers = Threads(1)
    workers.aside(lambda: None)

    def fail() -> None:
        raise SettingsError("no permission")

    workers.aside(fail)
    with pytest.raises(SettingsError):
        workers.finish()


def test_the_callers_thread_has_nobody_to_run_a_task_beside() -> None:
    CallersThread().aside(pytest.fail)


def test_a_batch_is_sent_by_threads() -> None:
    world = World(60)
    assert world.send(workers=4) is SendStatus.DONE
    assert world.fates[Fate.SENT] + world.fates.get(Fate.REFUSED, 0) == 60
    assert all(world.published(number) <= 1 for number in range(60))
    world.assert_promises()


def test_a_failing_store_ends_the_threads_and_keeps_their_rows() -> None:
    world = World(20)
    claims = world.claims

    class FailsOnce:
        taken = 0

        def claim(self, *asked: Any) -> Claimed | ClaimRefused:
            self.taken += 1
            if self.taken == 10:
                raise TryAgainError("not now")
            return claims.claim(*asked)

        release = claims.release

    world.claims = FailsOnce()
    with pytest.raises(TryAgainError):
        world.send(workers=3)
    published = sum(world.published(number) for number in range(20))
    assert 0 < published <= len(world.ledger.all())
    world.send_until_closed()
    world.assert_promises()

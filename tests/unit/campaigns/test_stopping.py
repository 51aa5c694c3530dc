"""The panic stop holds everything back at once; counters tell of half a batch; texts are counted
as texts even when two workers had one batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.campaigns.closing import CloseStatus, Closing
from assent.campaigns.model import BatchResult, CampaignStatus, Fate, Progress
from assent.campaigns.reaping import Reaping
from assent.campaigns.sending import SendStatus
from assent.campaigns.sending_record import corrected
from assent.campaigns.stopping import Stopping
from assent.messages.ledger import Outcome, SendResult
from tests.fakes.recording_workflow import RecordingWorkflow
from tests.unit.campaigns.faults import Faults
from tests.unit.campaigns.test_preparing import drafted, preparing
from tests.unit.campaigns.world import CAMPAIGN, NOON, World, key_of, phone_of, result_of

Status = CampaignStatus


def stopping(world: World) -> Stopping:
    return Stopping(world.campaigns, world.clock)


def test_stopping_everything_pauses_what_runs_and_is_one_act_however_often() -> None:
    world = World(2)
    first = stopping(world).stop_all("ada")
    assert (first.paused, world.campaign.status) == ([CAMPAIGN], Status.PAUSED)
    world.clock.advance(5)
    again = stopping(world).stop_all("bob")
    assert (again.brake, again.paused) == (first.brake, [])


def test_under_the_brake_nobody_is_texted_whatever_the_campaign_says() -> None:
    world = World(2)
    stopping(world).stop_all("ada")
    world.set_status(Status.RUNNING)
    assert world.send() is SendStatus.LATER
    assert world.acts == []
    assert Closing(world.campaigns, world.clock).close(CAMPAIGN, 1).status is CloseStatus.PAUSED
    assert Reaping(world.campaigns, RecordingWorkflow(), world.clock).reap() == []


def test_under_the_brake_nothing_is_taken_up_but_what_was_cancelled() -> None:
    world = drafted()
    stopping(world).stop_all("ada")
    assert not preparing(world).prepare(CAMPAIGN, "e1").proceed
    other = World(2)
    stopping(other).stop_all("ada")
    campaign = replace(other.campaign, status=Status.CANCELLED, execution_id=None)
    other.campaigns.replace(campaign, expected_version=campaign.version)
    assert preparing(other).prepare(CAMPAIGN, "e2").proceed


def test_after_the_release_what_the_listing_missed_is_paused_too() -> None:
    world = World(2)
    stopping(world).stop_all("ada")
    world.set_status(Status.RUNNING)
    released = stopping(world).release("bob")
    assert (released.brake, released.paused) == (None, [CAMPAIGN])
    assert world.campaigns.brake() is None
    assert stopping(world).release("bob").paused == []


def test_a_stop_in_the_middle_of_a_batch_takes_hold_within_a_second() -> None:
    world = World(60)
    send = world.carrier.send

    def stopped(*told):  # type: ignore[no-untyped-def]
        if len(world.carrier.published_at) == 20:
            stopping(world).stop_all("ada")
            stopped_at.append(world.clock.now())
        world.clock.advance(0.05)
        return send(told[0])

    stopped_at: list[object] = []
    world.carrier.send = stopped  # type: ignore[method-assign]
    assert world.send() is SendStatus.LATER
    last = max(at for times in world.carrier.published_at.values() for at in times)
    assert 20 < len(world.carrier.published_at) < 60
    assert (last - stopped_at[0]).total_seconds() <= 1.1  # type: ignore[operator]


# Counters


def test_half_a_batch_is_counted_when_its_worker_rests_and_not_twice() -> None:
    world = World(6)
    world.carrier.answers[phone_of(3).e164] = [
        SendResult(Outcome.THROTTLED, reason="throttled") for _ in range(12)
    ]
    assert world.send() is not SendStatus.DONE
    half = world.campaigns.progress(CAMPAIGN)
    assert 0 < half.sent < 6
    assert (half.left, half.batches_done, half.parts_sent) == (6 - half.sent, 0, half.sent)
    world.send_until_closed()
    whole = world.campaigns.progress(CAMPAIGN)
    assert (whole.sent, whole.left, whole.batches_done) == (6, 0, 1)
    assert whole.adds_up


def test_a_text_that_another_worker_counted_as_cancelled_is_counted_as_sent() -> None:
    """The second execution settles the batch while the first one's text is on its way."""
    world = World(2)
    send = world.carrier.send

    def overtaken(*told):  # type: ignore[no-untyped-def]
        world.carrier.send = send  # type: ignore[method-assign]
        world.campaigns.record_batch(
            CAMPAIGN,
            result_of(
                batch_id="b0",
                fates={Fate.CANCELLED: 2},
                reasons={"cancelled:campaign_cancelled": 2},
            ),
            world.clock.now(),
        )
        return send(told[0])

    world.carrier.send = overtaken  # type: ignore[method-assign]
    world.send()
    progress = world.campaigns.progress(CAMPAIGN)
    published = sum(world.published(number) for number in range(2))
    assert (progress.sent, progress.parts_sent) == (published, published)
    assert progress.batches_done == 1
    assert progress.adds_up


def test_a_correction_takes_texts_from_the_cancelled_first() -> None:
    known = BatchResult(
        "b",
        {Fate.SENT: 1, Fate.CANCELLED: 2, Fate.SUPPRESSED: 3},
        {"cancelled:campaign_cancelled": 2, "suppressed:withdrawn": 3},
        1,
    )
    texts = BatchResult("b", {Fate.SENT: 4}, {}, 4, is_done=False)
    found = corrected(known, texts)
    assert found.fates == {Fate.SENT: 4, Fate.SUPPRESSED: 2}
    assert found.reasons == {"suppressed:withdrawn": 2}
    assert sum(found.fates.values()) == 6
    assert found.is_done
    assert found.parts_sent == 4
    assert corrected(found, texts) == found


@pytest.mark.parametrize("is_done", [True, False])
def test_a_doubt_that_a_late_worker_has_cleared_is_not_counted_beside_the_text(
    is_done: bool,
) -> None:
    doubts = {"in_doubt:no_outcome_recorded": 3, "in_doubt:reset": 1}
    known = BatchResult("b", {Fate.SENT: 2, Fate.IN_DOUBT: 4}, doubts, 2, is_done=is_done)
    texts = BatchResult("b", {Fate.SENT: 5, Fate.IN_DOUBT: 1}, {"in_doubt:reset": 1}, 5)
    found = corrected(known, texts)
    assert found.fates == {Fate.SENT: 5, Fate.IN_DOUBT: 1}
    assert found.reasons == {"in_doubt:reset": 1}
    assert corrected(found, texts) == found


@pytest.mark.parametrize(("second", "rate"), [(0, 2.0), (30, 1.5), (59, 1.017)])
def test_the_rate_is_of_the_last_minute(second: int, rate: float) -> None:
    minute = int(NOON.timestamp() // 60)
    progress = Progress(recent={minute: 60, minute - 1: 60, minute - 2: 999})
    now = NOON.replace(second=second)
    assert progress.rate(now) == pytest.approx(rate, abs=0.01)


def test_a_crash_while_recording_counts_nothing_twice() -> None:
    world = World(3)
    world.survive(Faults())
    assert world.send() is SendStatus.DONE
    assert world.campaigns.progress(CAMPAIGN).sent == 3
    assert key_of(0) not in str(world.campaigns.progress(CAMPAIGN))

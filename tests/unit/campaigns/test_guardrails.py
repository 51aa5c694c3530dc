"""A campaign that drives people away pauses by itself, says why, and not on small numbers."""

from __future__ import annotations

import pytest

from assent.campaigns.guardrails import Guardrails
from assent.campaigns.model import BatchResult, CampaignStatus, Fate, Progress
from assent.campaigns.sending import SendStatus
from tests.unit.campaigns.world import CAMPAIGN, NOON, World

THREE_OF_A_HUNDRED = Guardrails()


@pytest.mark.parametrize(
    ("sent", "left", "is_too_many"),
    [(199, 199, False), (200, 6, False), (200, 7, True), (100_000, 3_000, False), (300, 10, True)],
)
def test_more_than_three_of_a_hundred_who_left_are_too_many(
    sent: int, left: int, is_too_many: bool
) -> None:
    progress = Progress(fates={Fate.SENT: sent}, opt_outs=left)
    why = THREE_OF_A_HUNDRED.too_many_opt_outs(progress)
    assert (why is not None) is is_too_many


def test_nought_per_cent_switches_the_rule_off() -> None:
    progress = Progress(fates={Fate.SENT: 1000}, opt_outs=1000)
    assert Guardrails(most_opt_outs_percent=0).too_many_opt_outs(progress) is None


def test_the_next_batch_is_not_sent_and_the_log_says_why() -> None:
    world = World(3)
    earlier = BatchResult("earlier", {Fate.SENT: 250}, {}, 250)
    world.campaigns.record_batch(CAMPAIGN, earlier, NOON)
    for _ in range(8):
        world.campaigns.count(CAMPAIGN)
    assert world.send() is SendStatus.LATER
    assert world.acts == []
    assert world.campaigns.campaign(CAMPAIGN).status is CampaignStatus.PAUSED
    *_, (_, _, actor, decision) = world.campaigns.decisions
    assert (actor, decision) == ("guardrail", "paused: 8 of 250 people texted opted out")

"""Admission: when a batch may begin, so that a worker is paid for sending and not for waiting.

Only the pace that each text leases is binding. This queue spreads batches out over the same rate;
without it every worker of every slice would start at once and wait for slots inside its function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.campaigns.model import CampaignStatus
from assent.messages.pace import Ask, Busy, micros

if TYPE_CHECKING:
    from assent.campaigns.model import Batch, CampaignStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.messages.pace import RateStore

# An Express execution lives 300 s, of which the worker needs up to 120.
_MAX_WAIT_SECONDS = 150
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Turns:
    """The queue in front of one origination identity, shared by all campaigns."""

    campaigns: CampaignStore
    rates: RateStore
    clock: Clock
    identity: str
    parts_per_second: int

    def wait_seconds(self, campaign_id: CampaignId, run: int, batch: Batch) -> int:
        """Return how long the batch should wait before its worker starts, 0 to 150.

        A batch that will send nothing (done, paused, cancelled, superseded) takes no turn.
        """
        if self.campaigns.is_batch_done(campaign_id, batch.batch_id):
            return 0
        campaign = self.campaigns.campaign(campaign_id)
        if campaign.run != run or campaign.status is not CampaignStatus.RUNNING:
            return 0
        now = micros(self.clock.now())
        latest = now + _MAX_WAIT_SECONDS * _MICROSECONDS
        # Parts are queued one by one, so that batches of unlike sizes follow each other closely.
        ask = Ask(max(1, batch.parts), 1, self.parts_per_second, now, latest)
        answer = self.rates.book(f"turns:{self.identity}", ask)
        if isinstance(answer, Busy):
            return _MAX_WAIT_SECONDS
        return (answer.starts_at - now) // _MICROSECONDS

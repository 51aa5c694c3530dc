"""Admission: when a batch may begin, so that a worker is paid for sending and not for waiting.

Only the pace that each text leases is binding. This queue lets the next worker begin shortly before
the work of the last one is used up: then the number is never idle, and hardly two wait at a time.

Campaigns that share a number take turns. Nobody keeps a list of who waits: the longer a campaign's
own work has been used up, the further ahead it may begin, so it finds the free place first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.campaigns.model import CampaignStatus
from assent.errors import TryAgainError
from assent.messages.pace import Ask, Busy, micros, spacing

if TYPE_CHECKING:
    from assent.campaigns.model import Batch, CampaignStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.messages.pace import Pace, RateStore

# A worker needs 1 to 3 s to start, to read its people and to prepare their texts.
_BEGIN_AHEAD_SECONDS = 4
# So many seconds sooner a campaign may begin for each batch that could have been sent since its own
# work was used up. More than one, because waiting is done in whole seconds.
_SOONER = 1.2
_SOONER_AT_MOST = 3
# Work can be used up sooner than it was planned (see `give_back`), so nobody looks away for long.
_LOOK_AGAIN_SECONDS = 5
# An Express execution lives 300 s, of which the worker needs up to 120.
_MAX_WAIT_SECONDS = 120
_SECOND = 1_000_000
_FAR = 86_400 * _SECOND


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a batch may begin; if not, ask again after `wait_seconds`."""

    may_begin: bool
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """The queue in front of one origination identity, shared by all campaigns."""

    campaigns: CampaignStore
    rates: RateStore
    clock: Clock
    identity: str
    parts_per_second: int

    def turn(self, campaign_id: CampaignId, run: int, batch: Batch, waited: int) -> Turn:
        """Return whether the batch may begin, `waited` being the seconds it has waited so far.

        A batch that will send nothing (done, paused, cancelled, superseded) takes no turn.
        """
        if self.campaigns.is_batch_done(campaign_id, batch.batch_id):
            return Turn(may_begin=True)
        campaign = self.campaigns.campaign(campaign_id)
        if campaign.run != run or campaign.status is not CampaignStatus.RUNNING:
            return Turn(may_begin=True)
        now = micros(self.clock.now())
        # Parts are queued one by one, so that batches of unlike sizes follow each other closely.
        ask = Ask(max(1, batch.parts), 1, self.parts_per_second, now, now + _FAR)
        own = f"{_queue(self.identity)}:{campaign_id}"
        ahead = _FAR if waited >= _MAX_WAIT_SECONDS else self._ahead(own, ask)
        answer = self.rates.book(_queue(self.identity), replace(ask, not_after=now + ahead))
        if isinstance(answer, Busy):
            seconds = -((now + ahead - answer.free_at) // _SECOND)
            return Turn(may_begin=False, wait_seconds=min(seconds, _LOOK_AGAIN_SECONDS))
        self.rates.book(own, ask)
        return Turn(may_begin=True)

    def _ahead(self, own: str, ask: Ask) -> int:
        """Return how far ahead (µs) the campaign may begin whose work is queued as `own`."""
        # Nothing can be booked in the past, so this only asks when the work is used up.
        seen = self.rates.book(own, replace(ask, not_before=0, not_after=-1))
        used_up_at = seen.free_at if isinstance(seen, Busy) else ask.not_before
        batches = max(0, ask.not_before - used_up_at) / (ask.texts * ask.interval)
        seconds = _BEGIN_AHEAD_SECONDS + _SOONER * min(batches, _SOONER_AT_MOST)
        return round(seconds * _SECOND)


def give_back(pace: Pace, parts: int) -> None:
    """Tell the queue that a batch which has begun sends so many parts fewer than planned.

    Worth a write only from a second's work on. Nothing depends on it but that no time is lost.
    """
    if parts >= pace.parts_per_second:
        with suppress(TryAgainError):
            by = parts * spacing(1, 1, pace.parts_per_second)
            pace.store.rewind(_queue(pace.identity), by)


def _queue(identity: str) -> str:
    return f"turns:{identity}"

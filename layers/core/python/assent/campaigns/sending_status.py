"""The campaign's status while a batch is under way, never older than a second.

Pause and cancel take effect within one worker step; a read per text would make one item hot.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from assent.campaigns.model import CampaignStatus
from assent.errors import TryAgainError

if TYPE_CHECKING:
    from assent.campaigns.model import Campaign, CampaignStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId

MAX_AGE_SECONDS = 1.0
_READINGS = 3


class StatusWatch:
    """Re-reads one campaign, consistently, when its last reading is too old to send on."""

    def __init__(self, store: CampaignStore, clock: Clock, campaign_id: CampaignId) -> None:
        self._store = store
        self._clock = clock
        self._campaign_id = campaign_id
        self._lock = threading.Lock()
        self._read()

    def campaign(self) -> Campaign:
        """Return the campaign as it was at most a second ago; while everything is stopped, as if
        it were paused. A reading that took longer, or after which the machine stood still, is too
        old as well.

        Raises TryAgainError when no reading is young enough.
        """
        with self._lock:
            for _ in range(_READINGS):
                if self._is_young:
                    break
                self._read()
            if not self._is_young:
                raise TryAgainError("the campaign's status takes too long to read")
            return self._campaign

    @property
    def _is_young(self) -> bool:
        return self._clock.monotonic() - self._read_at < MAX_AGE_SECONDS

    def _read(self) -> None:
        # The age counts from before the request: the answer may be as old as that.
        self._read_at = self._clock.monotonic()
        campaign = self._store.campaign(self._campaign_id)
        if campaign.status is CampaignStatus.RUNNING and self._store.brake() is not None:
            campaign = replace(campaign, status=CampaignStatus.PAUSED)
        self._campaign = campaign


def stands_back(campaign: Campaign, run: int) -> bool:
    """Whether a worker of `run` must leave the batch alone: paused, not started or superseded."""
    may_work = campaign.status in {
        CampaignStatus.RUNNING,
        CampaignStatus.CANCELLED,
        CampaignStatus.COMPLETED,
    }
    return not may_work or campaign.run != run

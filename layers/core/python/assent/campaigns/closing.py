"""The last step of an execution: see whether everybody has a fate, and prove that it adds up.

Only counters are read, never batches: closing a campaign of ten million costs what one of ten does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.campaigns.model import CampaignStatus
from assent.errors import ChangedMeanwhileError, CountsDoNotAddUpError

if TYPE_CHECKING:
    from assent.campaigns.allowance import DayCheck
    from assent.campaigns.model import Campaign, CampaignStore, Progress
    from assent.clock import Clock
    from assent.identifiers import CampaignId

# Longer than a claim needs to be settled as in doubt, so that one more round settles a crash.
_RETRY_SOON = 45
# Nothing sent for a while: what is left waits for a window, and each round has a price.
_RETRY_LATER = 900
_QUIET_AFTER = timedelta(minutes=10)
_ATTEMPTS = 5
_ACTOR = "workflow"


class CloseStatus(StrEnum):
    """What the execution does next: end, go round again, or end until somebody resumes."""

    CLOSED = "closed"
    UNFINISHED = "unfinished"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Closed:
    """`wait_seconds` is how long to wait before the next round, 0 when there is none."""

    status: CloseStatus
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """Ends a run of a campaign. A day that is used up is waited for and not asked again."""

    store: CampaignStore
    clock: Clock
    day: DayCheck | None = None

    def close(self, campaign_id: CampaignId, run: int) -> Closed:
        """Complete the campaign once every batch of every slice is done.

        A run that another has superseded ends as a paused one does. Raises CampaignNotFoundError,
        and CountsDoNotAddUpError when outcomes and plan differ: then the status stays as it is.
        """
        for _ in range(_ATTEMPTS):
            campaign = self.store.campaign(campaign_id)
            try:
                return self._close(campaign, run)
            except ChangedMeanwhileError:
                continue
        return Closed(CloseStatus.UNFINISHED, _RETRY_SOON)

    def _close(self, campaign: Campaign, run: int) -> Closed:
        is_stopped = campaign.status is CampaignStatus.RUNNING and self.store.brake() is not None
        if campaign.run != run or campaign.status is CampaignStatus.PAUSED or is_stopped:
            return Closed(CloseStatus.PAUSED)
        progress = self.store.progress(campaign.campaign_id)
        if not progress.is_counted(campaign):
            return Closed(CloseStatus.UNFINISHED, self._wait(campaign, progress))
        if not progress.adds_up:
            message = (
                f"campaign {campaign.campaign_id}: {progress.planned} planned, "
                f"{sum(progress.fates.values())} with a fate"
            )
            raise CountsDoNotAddUpError(message)
        if campaign.status is CampaignStatus.RUNNING:
            self._complete(campaign)
        return Closed(CloseStatus.CLOSED)

    def _complete(self, campaign: Campaign) -> None:
        self.store.replace(
            replace(campaign, status=CampaignStatus.COMPLETED), expected_version=campaign.version
        )
        self.store.log(campaign.campaign_id, self.clock.now(), _ACTOR, "completed")

    def _wait(self, campaign: Campaign, progress: Progress) -> int:
        tomorrow = self.day.seconds_to_wait(self.clock.now()) if self.day else 0
        if tomorrow:
            return tomorrow
        last_moved_at = progress.last_sent_at or campaign.require_frozen().launched_at
        idle = self.clock.now() - last_moved_at > _QUIET_AFTER
        return _RETRY_LATER if idle else _RETRY_SOON

"""Finds campaigns whose execution is gone and gives them a new one.

An execution can be stopped by hand, time out, or fail in a step that gives up; what it left undone
is known from the campaign's records, so starting again repeats nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.executions import start_execution
from assent.campaigns.model import CampaignStatus
from assent.campaigns.starting import is_early
from assent.errors import ChangedMeanwhileError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assent.campaigns.model import Campaign, CampaignStore, Workflow
    from assent.clock import Clock
    from assent.identifiers import CampaignId

_ACTOR = "reaper"
_GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reaping:
    """Restarts what should be running and is not."""

    store: CampaignStore
    workflow: Workflow
    clock: Clock

    def reap(self) -> Sequence[CampaignId]:
        """Restart every orphaned campaign, unless everything is stopped; return their ids."""
        if self.store.brake() is not None:
            return []
        return [c.campaign_id for c in self._orphans() if self._restart(c)]

    def _orphans(self) -> Iterator[Campaign]:
        for campaign in self.store.campaigns(CampaignStatus.SCHEDULED):
            # Its schedule may be a minute late; a start that it missed is made up for here.
            if not is_early(campaign.order, self.clock.now() - _GRACE):
                yield campaign
        for campaign in self.store.campaigns(CampaignStatus.RUNNING):
            if not self._is_running(campaign):
                yield campaign
        for campaign in self.store.campaigns(CampaignStatus.CANCELLED):
            if self._is_uncounted(campaign) and not self._is_running(campaign):
                yield campaign

    def _is_uncounted(self, campaign: Campaign) -> bool:
        """Cancelled under way, young enough to be settled, and not everybody has a fate yet."""
        if campaign.frozen is None or self.clock.now() > campaign.frozen.expires_at:
            return False
        return not self.store.progress(campaign.campaign_id).is_counted(campaign)

    def _is_running(self, campaign: Campaign) -> bool:
        execution_id = campaign.execution_id
        return execution_id is not None and self.workflow.is_running(execution_id)

    def _restart(self, campaign: Campaign) -> bool:
        """Free the campaign for a new owner, then start one; False when others were faster."""
        try:
            if campaign.execution_id is not None:
                campaign = self.store.replace(
                    replace(campaign, execution_id=None), expected_version=campaign.version
                )
            name = start_execution(self.workflow, campaign)
        except (ChangedMeanwhileError, TryAgainError):
            return False
        self.store.log(campaign.campaign_id, self.clock.now(), _ACTOR, f"restarted as {name}")
        return True

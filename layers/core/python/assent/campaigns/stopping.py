"""The panic stop: one brake for all campaigns, and a pause for each of them.

The brake works at once and also on what a listing has missed; the pauses stay when it is released,
so that nothing goes on before somebody has looked at it and resumed it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from assent.campaigns.model import Brake, CampaignStatus
from assent.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.model import CampaignStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId

_ATTEMPTS = 5
_UNDER_WAY = (CampaignStatus.RUNNING, CampaignStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Since when everything is stopped, None: it is not; and the campaigns that this paused."""

    brake: Brake | None
    paused: Sequence[CampaignId]


class AlsoPaused(Protocol):
    """What else texts by the campaigns' sending, and is paused with them."""

    def pause_all(self, actor: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Stopping:
    """Stops everything and lets go. Each may be repeated."""

    store: CampaignStore
    clock: Clock
    also: AlsoPaused | None = None

    def stop_all(self, actor: str) -> Stopped:
        """Stop within one worker step whatever sends or is about to."""
        brake = self.store.pull_brake(Brake(self.clock.now(), actor))
        return Stopped(brake, self._pause_all(actor))

    def release(self, actor: str) -> Stopped:
        """Let campaigns be launched and resumed again; what was under way stays paused."""
        paused = self._pause_all(actor)
        self.store.release_brake()
        return Stopped(None, paused)

    def _pause_all(self, actor: str) -> Sequence[CampaignId]:
        if self.store.brake() is None:
            return []
        if self.also is not None:
            self.also.pause_all(actor)
        under_way = [each for status in _UNDER_WAY for each in self.store.campaigns(status)]
        return [c.campaign_id for c in under_way if self._pause(c.campaign_id, actor)]

    def _pause(self, campaign_id: CampaignId, actor: str) -> bool:
        for _ in range(_ATTEMPTS):
            campaign = self.store.campaign(campaign_id)
            if campaign.status not in _UNDER_WAY:
                return False
            try:
                self.store.replace(
                    replace(campaign, status=CampaignStatus.PAUSED),
                    expected_version=campaign.version,
                )
            except ChangedMeanwhileError:
                continue
            did = "paused: everything was stopped"
            self.store.log(campaign_id, self.clock.now(), actor, did)
            return True
        return False

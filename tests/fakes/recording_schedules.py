"""Remembers which campaigns are to start when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from assent.identifiers import CampaignId


@dataclass(frozen=True)
class RecordingSchedules:
    """`LaunchSchedules`."""

    wanted: dict[CampaignId, datetime] = field(default_factory=dict)

    def put(self, campaign_id: CampaignId, at: datetime) -> None:
        self.wanted[campaign_id] = at

    def remove(self, campaign_id: CampaignId) -> None:
        self.wanted.pop(campaign_id, None)

"""Where tracked links of a flow's texts lead: their ids look like a campaign's and are a step's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.audience.rules import Everyone
from assent.campaigns.model import Campaign, CampaignStatus, Frozen
from assent.errors import CampaignNotFoundError
from assent.flows.as_campaign import RUN, definition_of

if TYPE_CHECKING:
    from assent.campaigns.model import CampaignStore
    from assent.flows.model import FlowStore
    from assent.identifiers import CampaignId


@dataclass(frozen=True, slots=True)
class CampaignsAndFlows:
    """`LinkedCampaigns` that knows the steps of flows too, also of those that have ended."""

    campaigns: CampaignStore
    flows: FlowStore

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        try:
            return self.campaigns.campaign(campaign_id)
        except CampaignNotFoundError:
            led = self.flows.led(campaign_id)
            if led is None:
                raise
        flow_id, step = led
        flow = self.flows.flow(flow_id)
        since = flow.activated_at or flow.created_at
        frozen = Frozen(Everyone(), 0, since, since, slices=1, batch_size=1)
        definition, status = definition_of(flow, step), CampaignStatus.RUNNING
        return Campaign(
            campaign_id,
            definition,
            status,
            flow.created_at,
            flow.created_by,
            run=RUN,
            frozen=frozen,
        )

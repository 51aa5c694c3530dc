"""What staff do with rehearsals: have one made, and look at the newest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.clearance import Clearance
from assent.campaigns.freezing import freeze
from assent.campaigns.rehearsal import MAY_BE_REHEARSED, Rehearsal, RehearsalStatus
from assent.errors import IllegalTransitionError, RehearsalNotFoundError

if TYPE_CHECKING:
    from assent.audience.subscriber import SegmentStore, SubscriberScan
    from assent.campaigns.model import Campaign, CampaignStore, Workflow
    from assent.campaigns.rehearsal import RehearsalStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId, Ids
    from assent.programmes.model import ProgrammeStore

# Longer than a slice may take; after that a rehearsal that still runs has died.
_GIVEN_UP_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """Use cases over rehearsals. `parts_per_second` is the origination identity's."""

    campaigns: CampaignStore
    store: RehearsalStore
    segments: SegmentStore
    programmes: ProgrammeStore
    subscribers: SubscriberScan
    workflow: Workflow
    clock: Clock
    ids: Ids
    parts_per_second: int

    def begin(self, campaign_id: CampaignId, actor: str) -> Rehearsal:
        """Have the campaign rehearsed; asked again while that runs and nothing has changed, the
        same. Raises IllegalTransitionError for a campaign that was launched, and what
        `DefinitionChecks.check` raises.
        """
        campaign = self.campaigns.campaign(campaign_id)
        if campaign.status not in MAY_BE_REHEARSED:
            message = f"A {campaign.status} campaign cannot be rehearsed."
            raise IllegalTransitionError(message)
        wanted = self._wanted(campaign, actor)
        under_way = self._under_way(campaign_id)
        if under_way is not None and under_way.fingerprint == wanted.fingerprint:
            wanted = under_way
        else:
            self.store.start(wanted)
            self.campaigns.log(campaign_id, wanted.started_at, actor, "rehearsal begun")
        payload = {"campaign_id": campaign_id, "rehearsal_id": wanted.rehearsal_id}
        # An earlier request may have started it already; its name is taken once.
        self.workflow.start(wanted.rehearsal_id, payload)
        return wanted

    def newest(self, campaign_id: CampaignId) -> Rehearsal:
        """Raises CampaignNotFoundError, RehearsalNotFoundError."""
        self.campaigns.campaign(campaign_id)
        return self.store.rehearsal(campaign_id)

    def _wanted(self, campaign: Campaign, actor: str) -> Rehearsal:
        checked = DefinitionChecks(self.programmes, self.segments).check(campaign.definition)
        now, subscribers = self.clock.now(), self.subscribers.approximate_count()
        return Rehearsal(
            rehearsal_id=self.ids.new("r"),
            campaign_id=campaign.campaign_id,
            status=RehearsalStatus.RUNNING,
            fingerprint=Clearance(self.programmes, self.segments).fingerprint(campaign, checked),
            started_at=now,
            started_by=actor,
            frozen=freeze(checked, now, subscribers, self.parts_per_second),
        )

    def _under_way(self, campaign_id: CampaignId) -> Rehearsal | None:
        try:
            found = self.store.rehearsal(campaign_id)
        except RehearsalNotFoundError:
            return None
        is_young = self.clock.now() - found.started_at < _GIVEN_UP_AFTER
        return found if found.status is RehearsalStatus.RUNNING and is_young else None

"""Who is to be texted and from when on: one scan slice becomes batches grouped by release instant.

A slice may be planned again after a crash, and even twice at once: manifests are named by their
content and the plan is recorded once, so the recorded plan only ever names its own manifests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.audience.narrowing import narrowed
from assent.campaigns.model import CampaignStatus, SlicePlan
from assent.campaigns.sieve import Sieve
from assent.campaigns.windows import Windows

if TYPE_CHECKING:
    from assent.audience.subscriber import SubscriberScan
    from assent.campaigns.model import Campaign, CampaignStore, ManifestStore
    from assent.campaigns.personal_links import PersonalLinks
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.programmes.model import ProgrammeStore

# A worker of the run before may text on a status it read a second ago, and its claim may take as
# long as `sending_claims.REAP_AFTER` allows; settled sooner, its person would count as cancelled.
SETTLE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans one slice per call. `parts_per_second` is the origination identity's; `links` are as
    long as those of the sending."""

    store: CampaignStore
    subscribers: SubscriberScan
    programmes: ProgrammeStore
    manifests: ManifestStore
    clock: Clock
    parts_per_second: int
    links: PersonalLinks

    def plan(self, campaign_id: CampaignId, run: int, slice_number: int, slices: int) -> SlicePlan:
        """Return the slice's plan, made now or by whichever `run` came first. A cancelled
        campaign's windows open in a moment, because nobody in them is texted any more; while
        everything is stopped there are none.

        Raises CampaignNotFoundError, ProgrammeNotFoundError, InvalidTextError.
        """
        campaign = self.store.campaign(campaign_id)
        if campaign.status is CampaignStatus.RUNNING and self.store.brake() is not None:
            # Nothing is recorded: whoever resumes plans this slice.
            return SlicePlan(slice_number, (), held_out=0)
        plan = self.store.plan(campaign_id, slice_number)
        if plan is None:
            planned = self._planned(campaign, slice_number, slices)
            plan = self.store.record_plan(campaign_id, planned)
        if campaign.status is not CampaignStatus.CANCELLED:
            return plan
        soon = self.clock.now() + SETTLE_AFTER
        return replace(plan, releases=tuple(replace(r, release_at=soon) for r in plan.releases))

    def _planned(self, campaign: Campaign, slice_number: int, slices: int) -> SlicePlan:
        if campaign.status is CampaignStatus.CANCELLED:
            return SlicePlan(slice_number, (), held_out=0)
        now = self.clock.now()
        sieve = Sieve.of(campaign, self.programmes, self.links, now)
        only = narrowed(campaign.require_frozen().rule, now)
        windows = Windows(
            campaign, slice_number, self.manifests, parts_per_second=self.parts_per_second
        )
        excluded: Counter[str] = Counter()
        held_out = 0
        for subscriber in self.subscribers.slice(slice_number, slices, only):
            placed = sieve.place(subscriber)
            if placed.release_at is not None:
                subscriber_key = subscriber.standing.subscriber_key
                windows.add(placed.release_at, subscriber_key, sieve.parts(subscriber))
            elif placed.is_held_out:
                held_out += 1
            else:
                excluded[str(placed.excluded)] += 1
        if only is not None and only.left_out:
            excluded["segment"] += only.left_out
        return SlicePlan(slice_number, windows.releases(), held_out, dict(excluded))

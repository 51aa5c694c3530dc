"""Campaigns, plans, batch results and counters in dictionaries."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from assent.campaigns.model import Fate, Progress
from assent.errors import AlreadyExistsError, CampaignNotFoundError, ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.campaigns.model import BatchResult, Brake, Campaign, CampaignStatus, SlicePlan
    from assent.identifiers import CampaignId

K = TypeVar("K")


@dataclass
class InMemoryCampaignStore:
    """`CampaignStore` whose transactions are one lock."""

    decisions: list[tuple[CampaignId, datetime, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._campaigns: dict[CampaignId, Campaign] = {}
        self._plans: dict[tuple[CampaignId, int], SlicePlan] = {}
        self._results: dict[tuple[CampaignId, str], BatchResult] = {}
        self._progress: dict[CampaignId, Progress] = {}
        self._brake: Brake | None = None

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        with self._lock:
            try:
                return self._campaigns[campaign_id]
            except KeyError:
                raise CampaignNotFoundError(campaign_id) from None

    def campaigns(self, status: CampaignStatus | None = None) -> Sequence[Campaign]:
        with self._lock:
            found = [c for c in self._campaigns.values() if status in {None, c.status}]
        return sorted(found, key=lambda c: (c.created_at, c.campaign_id), reverse=True)

    def create(self, campaign: Campaign) -> None:
        with self._lock:
            if campaign.campaign_id in self._campaigns:
                raise AlreadyExistsError(campaign.campaign_id)
            self._campaigns[campaign.campaign_id] = campaign

    def replace(self, campaign: Campaign, *, expected_version: int) -> Campaign:
        with self._lock:
            stored = self._campaigns.get(campaign.campaign_id)
            if stored is None or stored.version != expected_version:
                raise ChangedMeanwhileError(campaign.campaign_id)
            written = replace(campaign, version=expected_version + 1)
            self._campaigns[campaign.campaign_id] = written
            return written

    def log(self, campaign_id: CampaignId, at: datetime, actor: str, decision: str) -> None:
        with self._lock:
            self.decisions.append((campaign_id, at, actor, decision))

    def record_plan(self, campaign_id: CampaignId, plan: SlicePlan) -> SlicePlan:
        with self._lock:
            earlier = self._plans.get((campaign_id, plan.slice_number))
            if earlier is not None:
                return earlier
            self._plans[campaign_id, plan.slice_number] = plan
            now = self.progress(campaign_id)
            self._progress[campaign_id] = replace(
                now,
                planned=now.planned + plan.candidates + plan.held_out,
                batches=now.batches + plan.batches,
                slices_planned=now.slices_planned + 1,
                fates=_added(now.fates, {Fate.HELD_OUT: plan.held_out}),
                excluded=_added(now.excluded, plan.excluded),
            )
            return plan

    def count(self, campaign_id: CampaignId) -> None:
        """Count an opt-out: this fake is an `OptOutCounts`, too."""
        with self._lock:
            now = self.progress(campaign_id)
            self._progress[campaign_id] = replace(now, opt_outs=now.opt_outs + 1)

    def plan(self, campaign_id: CampaignId, slice_number: int) -> SlicePlan | None:
        with self._lock:
            return self._plans.get((campaign_id, slice_number))

    def record_batch(
        self,
        campaign_id: CampaignId,
        result: BatchResult,
        at: datetime,
        previous: BatchResult | None = None,
    ) -> bool:
        with self._lock:
            if self._results.get((campaign_id, result.batch_id)) != previous:
                return False
            self._results[campaign_id, result.batch_id] = result
            now, more = self.progress(campaign_id), result.since(previous)
            sent_any = more.fates.get(Fate.SENT, 0) > 0
            minute = {int(at.timestamp() // 60): max(0, more.parts_sent)}
            self._progress[campaign_id] = replace(
                now,
                batches_done=now.batches_done + more.is_done,
                fates=_added(now.fates, more.fates),
                reasons=_added(now.reasons, more.reasons),
                variants=_added(now.variants, more.variants),
                parts_sent=now.parts_sent + more.parts_sent,
                first_sent_at=(now.first_sent_at or at) if sent_any else now.first_sent_at,
                last_sent_at=at if sent_any else now.last_sent_at,
                recent=_added(now.recent, minute),
            )
            return True

    def batch(self, campaign_id: CampaignId, batch_id: str) -> BatchResult | None:
        with self._lock:
            return self._results.get((campaign_id, batch_id))

    def is_batch_done(self, campaign_id: CampaignId, batch_id: str) -> bool:
        found = self.batch(campaign_id, batch_id)
        return found is not None and found.is_done

    def brake(self) -> Brake | None:
        with self._lock:
            return self._brake

    def pull_brake(self, brake: Brake) -> Brake:
        with self._lock:
            self._brake = self._brake or brake
            return self._brake

    def release_brake(self) -> bool:
        with self._lock:
            was_on, self._brake = self._brake is not None, None
            return was_on

    def progress(self, campaign_id: CampaignId) -> Progress:
        with self._lock:
            return self._progress.get(campaign_id, Progress())


def _added(totals: Mapping[K, int], more: Mapping[K, int]) -> Mapping[K, int]:
    counter = Counter(totals)
    counter.update(more)
    return MappingProxyType({key: count for key, count in counter.items() if count})

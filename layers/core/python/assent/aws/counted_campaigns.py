"""A campaign store that also counts, because a result is written once and a metric is not.

A batch's result is stored exactly once, so its fates are counted there and not where texts leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.counted_ledger import metric_of
from assent.telemetry import count

if TYPE_CHECKING:
    from datetime import datetime

    from assent.campaigns.model import BatchResult
    from assent.identifiers import CampaignId


class CountedCampaignStore(DynamoCampaignStore):
    """Counts `SmsSent`, `SmsSuppressed`, `SmsInDoubt` and so on, per candidate of a batch."""

    def record_batch(
        self,
        campaign_id: CampaignId,
        result: BatchResult,
        at: datetime,
        previous: BatchResult | None = None,
    ) -> bool:
        is_new = super().record_batch(campaign_id, result, at, previous)
        if is_new:
            for fate, people in result.since(previous).fates.items():
                # A metric cannot take back what was counted as another fate before.
                count(metric_of(fate.value), max(0, people))
        return is_new

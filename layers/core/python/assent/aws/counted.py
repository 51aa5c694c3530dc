"""Stores that also count what they record, because a row is written once and a metric is not.

A batch's result is stored exactly once, so its fates are counted there and not where texts leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.ledger import DynamoMessageLedger
from assent.telemetry import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.campaigns.model import BatchResult
    from assent.identifiers import CampaignId
    from assent.messages.ledger import LedgerRow


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
                count(_metric(fate.value), max(0, people))
        return is_new


class CountedMessageLedger(DynamoMessageLedger):
    """Counts the same for texts that belong to no campaign: confirmations and replies."""

    def record(self, rows: Sequence[LedgerRow]) -> None:
        super().record(rows)
        for row in rows:
            count(_metric(row.outcome.value))


def _metric(fate: str) -> str:
    return "Sms" + "".join(word.capitalize() for word in fate.split("_"))

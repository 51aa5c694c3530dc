"""A ledger that also counts what it records, because a row is written once and a metric is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.ledger import DynamoMessageLedger
from assent.telemetry import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.messages.ledger import LedgerRow


class CountedMessageLedger(DynamoMessageLedger):
    """Counts texts that belong to no campaign, confirmations and replies, by their fate."""

    def record(self, rows: Sequence[LedgerRow]) -> None:
        super().record(rows)
        for row in rows:
            count(metric_of(row.outcome.value))


def metric_of(fate: str) -> str:
    """Return the name under which a fate is counted: `in_doubt` is `SmsInDoubt`."""
    return "Sms" + "".join(word.capitalize() for word in fate.split("_"))

"""A carrier's report that a number is opted out, or that its owner blocks us, is an opt-out too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.messages.delivery import Delivery, NumberAction
from assent.provider_opt_outs.learning import Learnt, Word

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.messages.delivery_events import DeliveryStatus
    from assent.provider_opt_outs.learning import Learning

OPTED_OUT = "provider_opted_out"
BLOCKED = "recipient_blocked"


@dataclass(frozen=True, slots=True)
class DeliveryReports:
    """Acts on what carriers report. Safe to call again with the same report."""

    learning: Learning
    clock: Clock

    def receive(self, status: DeliveryStatus) -> Learnt | None:
        """Record an opt-out that the report tells of; None where it tells of none.

        Raises TryAgainError.
        """
        if status.verdict.delivery is not Delivery.OPT_OUT:
            return None
        is_listed = status.verdict.action is NumberAction.OPT_OUT
        word = Word(
            status.phone,
            status.at or self.clock.now(),
            OPTED_OUT if is_listed else BLOCKED,
            input_id=status.provider_message_id,
        )
        return self.learning.learn(word)

"""Of a ledger in memory: who is exempt from expiry, and the texts in doubt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assent.messages.ledger import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assent.identifiers import SubscriberKey
    from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger


@dataclass
class InMemoryKeptTexts:
    """`KeptTexts`; `kept` shows whose rows do not expire."""

    kept: set[SubscriberKey] = field(default_factory=set)

    def keep(self, subscriber_key: SubscriberKey) -> None:
        self.kept.add(subscriber_key)

    def let_go(self, subscriber_key: SubscriberKey) -> None:
        self.kept.discard(subscriber_key)


@dataclass(frozen=True)
class InMemoryDoubts:
    """`Doubts`."""

    ledger: InMemoryMessageLedger

    def since(self, at: datetime) -> Iterator[str | None]:
        for row in self.ledger.all():
            if row.outcome is Outcome.IN_DOUBT and row.claimed_at >= at:
                yield row.campaign_id

"""What is personal in the fakes' stores, taken away as the real ones do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.consent.erasing import Erasure
    from tests.fakes.in_memory_consent_store import InMemoryConsentStore
    from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
    from tests.fakes.in_memory_message_ledger import InMemoryMessageLedger


@dataclass(frozen=True)
class InMemoryProofTraces:
    """`Traces` in evidence and requests."""

    store: InMemoryConsentStore

    def forget(self, erasure: Erasure) -> None:
        self.store.forget(erasure.subscriber_key, before_seq=erasure.seq, until=erasure.until)


@dataclass(frozen=True)
class InMemoryTextTraces:
    """`Traces` in the ledger."""

    ledger: InMemoryMessageLedger

    def forget(self, erasure: Erasure) -> None:
        rows = [
            replace(row, body="")
            for row in self.ledger.all()
            if row.subscriber_key == erasure.subscriber_key and row.claimed_at < erasure.until
        ]
        self.ledger.record(rows)


@dataclass(frozen=True)
class InMemoryReplyTraces:
    """`Traces` in the inbox."""

    inbox: InMemoryInboxStore

    def forget(self, erasure: Erasure) -> None:
        for item in self.inbox.items:
            if item.subscriber_key == erasure.subscriber_key and item.at < erasure.until:
                self.inbox.blank(item.item_id)

"""A log on fakes with its sealing, and ways to make it go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.evidence.digest import DigestKind, Leaf
from assent.evidence.sealing import Sealing, leaves_of
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_digest_store import InMemoryDigestStore, InMemorySealStore
from tests.fakes.in_memory_event_log import InMemoryEventLog
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore
from tests.fakes.in_memory_vault import InMemoryVault
from tests.fakes.local_signer import LocalSigner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.digest import Digest
    from assent.evidence.sealing import SealingReport

_BEFORE = timedelta(minutes=50)
NEVER = NOON + timedelta(days=3650)


@dataclass
class SealedLog:
    """One log and all that seals it."""

    most_leaves: int = 1000
    log: InMemoryEventLog = field(default_factory=InMemoryEventLog)
    vault: InMemoryVault = field(default_factory=InMemoryVault)
    digests: InMemoryDigestStore = field(default_factory=InMemoryDigestStore)
    seals: InMemorySealStore = field(default_factory=InMemorySealStore)
    signer: LocalSigner = field(default_factory=LocalSigner)
    audit: InMemoryStaffAuditStore = field(default_factory=InMemoryStaffAuditStore)
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOON - _BEFORE))

    def __post_init__(self) -> None:
        """The first hour was closed before noon."""
        if self.clock.now() < NOON:
            self.sealing.close_hours(NEVER)
            self.clock.advance(NOON - self.clock.now())

    @property
    def sealing(self) -> Sealing:
        return Sealing(
            self.digests,
            self.seals,
            self.vault,
            self.signer,
            self.log,
            self.log,
            self.audit,
            self.clock,
            self.most_leaves,
        )

    def add(self, history: Iterable[tuple[ConsentEvent, Evidence | None]]) -> None:
        self.log.add(event for event, _ in history)

    def hour_passes(self, hours: int = 1) -> SealingReport:
        self.clock.advance(timedelta(hours=hours))
        return self.sealing.close_hours(NEVER)

    @property
    def chain(self) -> list[Digest]:
        return [sealed.digest for sealed in self.digests.after(0)]

    @property
    def periods(self) -> list[Digest]:
        return [digest for digest in self.chain if digest.kind is DigestKind.PERIOD]

    def leaves(self, number: int) -> list[Leaf]:
        return leaves_of(self.vault, self.digests.chain[number].digest)

    @property
    def sealed_positions(self) -> list[str]:
        return [leaf.position for each in self.chain for leaf in self.leaves(each.number)]

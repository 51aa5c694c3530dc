"""Whole bundles over fakes: a sealed log, an export of it, built and signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.consent.model import Consent, ConsentStatus, Standing
from assent.evidence.building import BuildStatus, ExportBuilding
from assent.evidence.datasets import Dataset, ExportQuery, FileFormat
from assent.evidence.export import Export
from assent.evidence.manifest_signing import ManifestSigning
from assent.evidence.sources import OPT_OUTS, AuditRows, ConsentRows, EventRows, MessageRows
from assent.evidence.staff_audit import AuditAction, AuditOutcome, Deed, StaffAudit, StoredEntry
from assent.identifiers import ExportId, ProgrammeId
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_export_bucket import InMemoryExportBucket
from tests.fakes.in_memory_export_sources import (
    InMemoryAuditLog,
    InMemoryEventSource,
    InMemoryPeople,
    InMemoryTexts,
)
from tests.fakes.in_memory_export_store import InMemoryExportStore
from tests.unit.evidence.chains import DEALS, people
from tests.unit.evidence.sealed_log import NEVER, SealedLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent, Evidence
    from assent.evidence.building import Appendix

ID = ExportId("e_1")
AT_ONCE = NOON - timedelta(days=3650)
EVERYTHING = tuple(Dataset)
SPAN = (NOON - timedelta(days=1), NOON + timedelta(days=2))
PHONE = PhoneNumber.stored("+16125550103")


def asked(**more: object) -> ExportQuery:
    """The question of an export of three days."""
    return ExportQuery(SPAN[0], SPAN[1], **more)  # type: ignore[arg-type]


@dataclass
class Bundle:
    """One export over fakes. `piece_rows` and `part_bytes` are small, so that little is much."""

    history: Sequence[tuple[ConsentEvent, Evidence | None]]
    query: ExportQuery = field(default_factory=asked)
    piece_rows: int = 50_000
    part_bytes: int = 4096
    most_leaves: int = 1000
    hours: int = 6
    appendix: Appendix | None = None

    def __post_init__(self) -> None:
        self.log = SealedLog(most_leaves=self.most_leaves)
        self.store, self.bucket = InMemoryExportStore(), InMemoryExportBucket()
        self.events = InMemoryEventSource(self.history)
        self.log.add(self.history)
        deeds = [
            Deed(f"ann{n}", ("compliance",), AuditAction.CONSENTS_READ, AuditOutcome.DONE, "r", "q")
            for n in range(5)
        ]
        for deed in deeds:
            StaffAudit(self.log.audit, self.log.clock).record([deed])
        for _ in range(self.hours):
            self.log.hour_passes()
        self.store.create(
            Export(ID, self.query, "ann", self.log.clock.now(), "exports/e_1/bundle.zip")
        )

    @property
    def standings(self) -> list[Standing]:
        heads = self.log.log.tips
        consents = {DEALS: Consent(ConsentStatus.CONFIRMED, 1, NOON)}
        return [Standing(k, PHONE, h.seq, h.hash, consents=consents) for k, h in heads.items()]

    @property
    def texts(self) -> list[LedgerRow]:
        return [
            LedgerRow(key, NOON, Purpose.CONFIRMATION, Outcome.SENT, "=Hi", 1, None, DEALS, "m-1")
            for key in self.log.log.tips
        ]

    @property
    def building(self) -> ExportBuilding:
        log = self.log
        found = InMemoryPeople(self.standings)
        audit = [StoredEntry(each, each.hash) for each in log.audit.entries]
        events = EventRows(log.digests, log.vault, self.events, found)
        opt_outs = EventRows(log.digests, log.vault, self.events, found, OPT_OUTS)
        return ExportBuilding(
            store=self.store,
            sources={
                Dataset.CONSENT_EVENTS: events,
                Dataset.OPT_OUTS: opt_outs,
                Dataset.CURRENT_CONSENTS: ConsentRows(found),
                Dataset.MESSAGES: MessageRows(InMemoryTexts(self.texts), found),
                Dataset.STAFF_AUDIT: AuditRows(InMemoryAuditLog(audit)),
            },
            digests=log.digests,
            sink=self.bucket,
            clock=log.clock,
            appendix=self.appendix,
            part_bytes=self.part_bytes,
            piece_rows=self.piece_rows,
        )

    def build(self, deadline: datetime = NEVER, limit: int = 500) -> int:
        """Do what the workflow does; return how many calls it took."""
        for calls in range(1, limit):
            status = self.building.build(ID, deadline)
            if status is BuildStatus.SIGN:
                ManifestSigning(self.bucket, self.log.signer).sign(ID)
            if status is BuildStatus.DONE:
                return calls
        message = "the build does not come to an end"
        raise AssertionError(message)

    @property
    def export(self) -> Export:
        return self.store.export(ID)

    @property
    def file(self) -> bytes:
        return self.bucket.objects[self.export.object_key]


def bundle_of(count: int, **more: object) -> Bundle:
    """A finished bundle of `count` people with two events each."""
    made = Bundle(people(count), **more)  # type: ignore[arg-type]
    made.build()
    return made


__all__ = ["AT_ONCE", "DEALS", "EVERYTHING", "ID", "Bundle", "FileFormat", "ProgrammeId", "asked"]

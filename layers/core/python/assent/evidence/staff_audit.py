"""Who of the staff read or changed what, of whom: an append-only log, chained by hash.

A chain per shard and not one for all, so that people who work at once rarely wait for each other;
a chain runs on across days, so that a whole day cannot be dropped unnoticed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.consent.events import canonical
from assent.errors import ChangedMeanwhileError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from assent.clock import Clock
    from assent.identifiers import SubscriberKey

AUDIT_TAG = b"\x03"
SCHEMA = 1
SHARDS = 4
# A write to DynamoDB takes 100 items; the chain's tip is one of them.
WRITTEN_AT_ONCE = 50
_MAX_READINGS = 10
_PAUSE_SECONDS = 0.01


class AuditAction(StrEnum):
    """What a staff request is for. Values are stored and shown; never renamed."""

    ACCESS_ANSWERED = "access_answered"
    ATTRIBUTES_SET = "attributes_set"
    ALL_RELEASED = "all_released"
    ALL_STOPPED = "all_stopped"
    AUDIT_READ = "audit_read"
    BEHAVIOUR_RECORDED = "behaviour_recorded"
    CAMPAIGN_APPROVED = "campaign_approved"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    CAMPAIGN_CHANGED = "campaign_changed"
    CAMPAIGN_DRAFTED = "campaign_drafted"
    CAMPAIGN_LAUNCHED = "campaign_launched"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_PROGRESS_READ = "campaign_progress_read"
    CAMPAIGN_READ = "campaign_read"
    CAMPAIGN_REHEARSED = "campaign_rehearsed"
    CAMPAIGN_RESUMED = "campaign_resumed"
    CAMPAIGNS_READ = "campaigns_read"
    CONSENTS_READ = "consents_read"
    DECISION_READ = "decision_read"
    DISCLOSURE_PUBLISHED = "disclosure_published"
    DOSSIER_REQUESTED = "dossier_requested"
    EXPORT_CANCELLED = "export_cancelled"
    EXPORT_LINKED = "export_linked"
    EXPORT_READ = "export_read"
    EXPORT_REQUESTED = "export_requested"
    EXPORT_RESUMED = "export_resumed"
    EXPORTS_READ = "exports_read"
    FLOW_ACTIVATED = "flow_activated"
    FLOW_CHANGED = "flow_changed"
    FLOW_CHECKED = "flow_checked"
    FLOW_DRAFTED = "flow_drafted"
    FLOW_ENDED = "flow_ended"
    FLOW_PAUSED = "flow_paused"
    FLOW_READ = "flow_read"
    FLOWS_READ = "flows_read"
    HISTORY_READ = "history_read"
    IMPORT_CANCELLED = "import_cancelled"
    IMPORT_CHECKED = "import_checked"
    IMPORT_OPENED = "import_opened"
    IMPORT_READ = "import_read"
    IMPORT_STARTED = "import_started"
    IMPORTS_READ = "imports_read"
    INBOX_DECIDED = "inbox_decided"
    INBOX_READ = "inbox_read"
    LEGAL_HOLD_CHANGED = "legal_hold_changed"
    MESSAGES_READ = "messages_read"
    OPT_IN_ENTERED = "opt_in_entered"
    PACK_READ = "pack_read"
    PERSON_ERASED = "person_erased"
    PROGRAMME_CHANGED = "programme_changed"
    PROGRAMME_CREATED = "programme_created"
    PROGRAMMES_READ = "programmes_read"
    REHEARSAL_READ = "rehearsal_read"
    RESTRICTION_CHANGED = "restriction_changed"
    RETENTION_READ = "retention_read"
    REVIEW_READ = "review_read"
    REVIEWS_READ = "reviews_read"
    SEGMENT_CHANGED = "segment_changed"
    SEGMENT_COUNTED = "segment_counted"
    SEGMENT_CREATED = "segment_created"
    SEGMENT_READ = "segment_read"
    SEGMENT_SAMPLED = "segment_sampled"
    SEGMENTS_READ = "segments_read"
    TEMPLATE_CHANGED = "template_changed"
    TEMPLATE_CREATED = "template_created"
    TEMPLATE_PREVIEWED = "template_previewed"
    TEMPLATE_READ = "template_read"
    TEMPLATES_READ = "templates_read"


class AuditOutcome(StrEnum):
    """`begun` stands before a change is made, so that none can be made unseen; how it ended is a
    second entry of the same request. A read is entered once, before its answer leaves."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. `route` is a pattern, never a path; `about` names the campaign, export or
    the like; `subscriber_key` is None where no one person is concerned."""

    actor: str
    groups: tuple[str, ...]
    action: AuditAction
    outcome: AuditOutcome
    route: str
    request_id: str
    about: str | None = None
    subscriber_key: SubscriberKey | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A deed at its place: `seq` counts from 1 within `shard`; `at` is the server's time."""

    deed: Deed
    at: datetime
    shard: int
    seq: int
    previous_hash: str

    @property
    def position(self) -> str:
        """Return `<iso time>#<shard>#<seq>`: unique, and sorted by time across all shards."""
        return f"{iso(self.at)}#{self.shard}#{self.seq:010d}"

    @property
    def hash(self) -> str:
        """SHA-256 in hex over a tag of its own and the canonical JSON of every field."""
        deed = self.deed
        facts: dict[str, object] = {
            "schema": SCHEMA,
            "actor": deed.actor,
            "groups": list(deed.groups),
            "action": deed.action.value,
            "outcome": deed.outcome.value,
            "route": deed.route,
            "request_id": deed.request_id,
            "about": deed.about,
            "subscriber_key": deed.subscriber_key,
            "at": iso(self.at),
            "shard": self.shard,
            "seq": self.seq,
            "previous_hash": self.previous_hash,
        }
        return hashlib.sha256(AUDIT_TAG + canonical(facts)).hexdigest()


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of one shard's chain; that of an empty one is `Tip()`."""

    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with the hash that was written beside it."""

    entry: AuditEntry
    stored_hash: str


@dataclass(frozen=True, slots=True)
class Question:
    """Whose entries are asked for: exactly one of the three is given."""

    subscriber_key: SubscriberKey | None = None
    actor: str | None = None
    day: date | None = None


class StaffAuditStore(Protocol):
    """Where entries are kept for ever; nothing replaces or deletes one."""

    def tip(self, shard: int) -> Tip:
        """Return the end of a chain, read consistently."""
        ...

    def append(self, entries: Sequence[AuditEntry], after: Tip) -> None:
        """Add up to `WRITTEN_AT_ONCE` entries of one shard, all or none, if its tip is `after`.

        Raises ChangedMeanwhileError when it is not, or when an entry exists.
        """
        ...

    def page(
        self, question: Question, *, before: str | None, limit: int
    ) -> tuple[Sequence[StoredEntry], str | None]:
        """Return up to `limit` entries with `position < before`, newest first, and the position to
        go on from; None when there are no more."""
        ...


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry, and whether it is what its hash says and follows its predecessor on the page."""

    entry: AuditEntry
    is_intact: bool


@dataclass(frozen=True, slots=True)
class StaffAudit:
    """Records what staff do and shows it to those who may see it."""

    store: StaffAuditStore
    clock: Clock

    def record(self, deeds: Sequence[Deed]) -> None:
        """Add deeds of one person. Raises TryAgainError when that cannot be done."""
        for start in range(0, len(deeds), WRITTEN_AT_ONCE):
            self._append(deeds[start : start + WRITTEN_AT_ONCE])

    def page(
        self, question: Question, *, before: str | None = None, limit: int
    ) -> tuple[Sequence[CheckedEntry], str | None]:
        """Return a page of entries, newest first, and the position to go on from."""
        found, more = self.store.page(question, before=before, limit=limit)
        return checked(found), more

    def _append(self, deeds: Sequence[Deed]) -> None:
        shard = shard_of(deeds[0].actor)
        for reading in range(_MAX_READINGS):
            self.clock.sleep(reading * _PAUSE_SECONDS)
            tip = self.store.tip(shard)
            try:
                self.store.append(chained(deeds, tip, shard, self.clock.now()), tip)
            except ChangedMeanwhileError:
                continue
            return
        message = "others keep writing to the audit log; try again"
        raise TryAgainError(message)


def shard_of(actor: str) -> int:
    """Return the chain that one person's deeds belong to."""
    return hashlib.sha256(actor.encode()).digest()[0] % SHARDS


def chained(deeds: Sequence[Deed], tip: Tip, shard: int, at: datetime) -> list[AuditEntry]:
    """Return the deeds as entries that follow `tip`."""
    entries: list[AuditEntry] = []
    for deed in deeds:
        last = Tip(entries[-1].seq, entries[-1].hash) if entries else tip
        entries.append(AuditEntry(deed, at, shard, last.seq + 1, last.hash))
    return entries


def checked(found: Sequence[StoredEntry]) -> Sequence[CheckedEntry]:
    """Return the entries, each held against its own hash and, where its predecessor is among them,
    against that one's."""
    hashes = {(each.entry.shard, each.entry.seq): each.stored_hash for each in found}

    def is_intact(each: StoredEntry) -> bool:
        entry = each.entry
        before = "" if entry.seq == 1 else hashes.get((entry.shard, entry.seq - 1))
        return entry.hash == each.stored_hash and before in (None, entry.previous_hash)

    return [CheckedEntry(each.entry, is_intact(each)) for each in found]

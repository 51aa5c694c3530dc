"""Where the rows of an export come from: sealed events digest by digest, the rest as it stands.

Events are taken from the digests' own lists and not from an index, so that each comes with its
proof, and one that was taken out of the table since is missed and told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso
from assent.consent.events import EventType
from assent.evidence.datasets import Chunk
from assent.evidence.merkle import prove
from assent.evidence.rows import event_row
from assent.evidence.sealing import leaves_of
from assent.evidence.staff_audit import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assent.consent.events import ConsentEvent, Evidence
    from assent.consent.model import Standing
    from assent.evidence.datasets import ExportQuery, Row
    from assent.evidence.digest import Digest, DigestStore, Leaf, Vault
    from assent.evidence.staff_audit import StoredEntry
    from assent.identifiers import SubscriberKey
    from assent.messages.ledger import LedgerRow
    from assent.phone import PhoneNumber

PAGE = 500
OPT_OUTS = frozenset({EventType.WITHDRAWN, EventType.ERASED})

EventRef = tuple["SubscriberKey", int]


class EventSource(Protocol):
    """Reads single events with their evidence."""

    def events(
        self, refs: Sequence[EventRef]
    ) -> Mapping[EventRef, tuple[ConsentEvent, Evidence | None]]:
        """Return those of (person, seq) that exist, read consistently; evidence is None once
        erased."""
        ...


class People(Protocol):
    """The standings, with numbers for those who may see them."""

    def standings(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Standing]:
        """Return those that exist, read consistently."""
        ...

    def page(self, after: str | None, limit: int) -> tuple[Sequence[Standing], str | None]:
        """Return some of all standings and where to go on, None at the end."""
        ...


class Texts(Protocol):
    """The ledger in bulk."""

    def page(self, after: str | None, limit: int) -> tuple[Sequence[LedgerRow], str | None]:
        """Return some of all rows and where to go on, None at the end."""
        ...

    def of(self, key: SubscriberKey) -> Sequence[LedgerRow]:
        """Return one person's rows, oldest first."""
        ...


class AuditLog(Protocol):
    """The staff audit, oldest first."""

    def entries(self, day: date, shard: int, after: str, limit: int) -> Sequence[StoredEntry]:
        """Return up to `limit` entries of a UTC day with `position > after`, in order; fewer than
        `limit` means that there are no more."""
        ...

    def of(self, key: SubscriberKey) -> Sequence[StoredEntry]:
        """Return the entries that name this person, in order of their positions."""
        ...


@dataclass(frozen=True, slots=True)
class EventRows:
    """The consent events, or only those of some `types`."""

    digests: DigestStore
    vault: Vault
    events: EventSource
    people: People
    types: frozenset[EventType] | None = None

    def chunks(self, query: ExportQuery, cursor: str | None) -> Iterator[Chunk]:
        for sealed in self.digests.after(int(cursor or 0)):
            digest = sealed.digest
            touches = digest.since < query.until and digest.until > query.since
            if digest.size and touches:
                yield self._chunk(digest, query)
            else:
                yield Chunk(str(digest.number))

    def _chunk(self, digest: Digest, query: ExportQuery) -> Chunk:
        leaves = leaves_of(self.vault, digest)
        asked = {i: leaf for i, leaf in enumerate(leaves) if _is_asked(leaf, query)}
        found = self.events.events([(leaf.subscriber_key, leaf.seq) for leaf in asked.values()])
        keys = list(dict.fromkeys(leaf.subscriber_key for leaf in asked.values()))
        standings = self.people.standings(keys)
        rows: dict[int, Row] = {}
        for index, leaf in asked.items():
            logged = found.get((leaf.subscriber_key, leaf.seq))
            standing = standings.get(leaf.subscriber_key)
            if logged and self._belongs(logged[0], standing, query):
                phone = standing.phone if standing else None
                rows[index] = event_row(*logged, phone, {"digest": digest.number, "leaf": index})
        missing = [i for i, leaf in asked.items() if (leaf.subscriber_key, leaf.seq) not in found]
        if not rows and not missing:
            return Chunk(str(digest.number))
        hashes = prove([bytes.fromhex(leaf.hash) for leaf in leaves], rows) if rows else []
        proof: Row = {
            "digest": digest.number,
            "size": digest.size,
            "leaves": list(rows),
            "hashes": [each.hex() for each in hashes],
            "missing": missing,
        }
        return Chunk(str(digest.number), list(rows.values()), proof)

    def _belongs(self, event: ConsentEvent, standing: Standing | None, query: ExportQuery) -> bool:
        """A brand-wide event, such as STOP, belongs to the log of every programme."""
        if self.types is not None and event.type not in self.types:
            return False
        if query.programme_id is not None and event.programme_id not in (query.programme_id, None):
            return False
        return _has_status(standing, query)


@dataclass(frozen=True, slots=True)
class ConsentRows:
    """Each standing with each programme, as it is now."""

    people: People

    def chunks(self, query: ExportQuery, cursor: str | None) -> Iterator[Chunk]:
        if query.subscriber_keys is not None:
            found = self.people.standings(query.subscriber_keys)
            yield Chunk("end", [row for each in found.values() for row in _consents(each, query)])
            return
        while cursor != "end":
            page, following = self.people.page(cursor, PAGE)
            cursor = following or "end"
            yield Chunk(cursor, [row for each in page for row in _consents(each, query)])


@dataclass(frozen=True, slots=True)
class MessageRows:
    """Each text with its fate."""

    texts: Texts
    people: People

    def chunks(self, query: ExportQuery, cursor: str | None) -> Iterator[Chunk]:
        if query.subscriber_keys is not None:
            done = int(cursor or 0)
            for number, key in enumerate(query.subscriber_keys[done:], done + 1):
                yield Chunk(str(number), self._rows(self.texts.of(key), query))
            return
        while cursor != "end":
            page, following = self.texts.page(cursor, PAGE)
            cursor = following or "end"
            yield Chunk(cursor, self._rows(page, query))

    def _rows(self, texts: Sequence[LedgerRow], query: ExportQuery) -> list[Row]:
        wanted = [
            each
            for each in texts
            if query.since <= each.claimed_at < query.until
            and query.programme_id in (None, each.programme_id)
        ]
        keys = list(dict.fromkeys(each.subscriber_key for each in wanted))
        standings = self.people.standings(keys)
        return [
            _message(each, standing.phone if standing else None)
            for each in wanted
            if _has_status(standing := standings.get(each.subscriber_key), query)
        ]


@dataclass(frozen=True, slots=True)
class AuditRows:
    """Each entry of the staff audit, chain by chain within a day."""

    log: AuditLog

    def chunks(self, query: ExportQuery, cursor: str | None) -> Iterator[Chunk]:
        if query.subscriber_keys is not None:
            yield from self._of_people(query)
            return
        day, shard, after = query.since.date(), 0, ""
        if cursor:
            told = json.loads(cursor)
            day, shard, after = date.fromisoformat(told[0]), told[1], told[2]
        while day.isoformat() < iso(query.until):
            page = self.log.entries(day, shard, after, PAGE)
            after = page[-1].entry.position if page else after
            if len(page) < PAGE:
                shard, after = shard + 1, ""
                if shard == SHARDS:
                    day, shard = day + timedelta(days=1), 0
            rows = [_audit(each) for each in page if _is_audited(each, query)]
            yield Chunk(json.dumps([day.isoformat(), shard, after]), rows)

    def _of_people(self, query: ExportQuery) -> Iterator[Chunk]:
        """In one piece and in order of time, since a chain must not be told backwards."""
        found = [each for key in query.subscriber_keys or () for each in self.log.of(key)]
        found.sort(key=lambda each: each.entry.position)
        yield Chunk("end", [_audit(each) for each in found if _is_audited(each, query)])


def _is_asked(leaf: Leaf, query: ExportQuery) -> bool:
    is_in_time = iso(query.since) <= leaf.at < iso(query.until)
    keys = query.subscriber_keys
    return is_in_time and (keys is None or leaf.subscriber_key in keys)


def _has_status(standing: Standing | None, query: ExportQuery) -> bool:
    if not query.statuses:
        return True
    if standing is None:
        return False
    programmes = [query.programme_id] if query.programme_id else list(standing.consents)
    return any(standing.status_of(each) in query.statuses for each in programmes)


def _consents(standing: Standing, query: ExportQuery) -> Iterator[Row]:
    for programme_id, consent in sorted(standing.consents.items()):
        if query.programme_id not in (None, programme_id):
            continue
        if query.statuses and consent.status not in query.statuses:
            continue
        if query.since <= consent.at < query.until:
            yield {
                "phone": standing.phone.e164 if standing.phone else None,
                "subscriber_key": standing.subscriber_key,
                "programme_id": programme_id,
                "status": consent.status.value,
                "since": iso(consent.at),
                "epoch": consent.epoch,
                "stopped_at": iso(standing.stopped_at) if standing.stopped_at else None,
                "held_at": iso(standing.hold.at) if standing.hold else None,
                "events": standing.seq,
                "head_hash": standing.head_hash,
            }


def _message(text: LedgerRow, phone: PhoneNumber | None) -> Row:
    return {
        "claimed_at": iso(text.claimed_at),
        "phone": phone.e164 if phone else None,
        "subscriber_key": text.subscriber_key,
        "purpose": text.purpose.value,
        "outcome": text.outcome.value,
        "reason": text.reason,
        "campaign_id": text.campaign_id,
        "programme_id": text.programme_id,
        "body": text.body,
        "parts": text.parts,
        "provider_message_id": text.provider_message_id,
    }


def _is_audited(stored: StoredEntry, query: ExportQuery) -> bool:
    entry, keys = stored.entry, query.subscriber_keys
    is_in_time = query.since <= entry.at < query.until
    return is_in_time and (keys is None or entry.deed.subscriber_key in keys)


def _audit(stored: StoredEntry) -> Row:
    entry, deed = stored.entry, stored.entry.deed
    return {
        "at": iso(entry.at),
        "shard": entry.shard,
        "seq": entry.seq,
        "actor": deed.actor,
        "groups": list(deed.groups),
        "action": deed.action.value,
        "outcome": deed.outcome.value,
        "route": deed.route,
        "request_id": deed.request_id,
        "about": deed.about,
        "subscriber_key": deed.subscriber_key,
        "previous_hash": entry.previous_hash,
        "hash": stored.stored_hash,
    }

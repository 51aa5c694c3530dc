"""Closes the hours: sums up what is new in signed digests that nobody can take back.

Who has something new is learnt from the by-day index; what is new is then read from the person's
own history by sequence, consistently, and held against the person's head, so that an index that
lags hides nothing for long. Writing the digest into the vault is the one moment that counts: what
follows it can be done again by whoever comes next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso, parse_iso
from assent.errors import AlreadyExistsError, AssentError
from assent.evidence.digest import (
    Digest,
    DigestKind,
    Leaf,
    SealedDigest,
    SealedUpTo,
    digest_name,
    fingerprint,
    is_link,
    leaf_lines,
    leaves_from,
    leaves_name,
    sealed_from,
)
from assent.evidence.merkle import root
from assent.evidence.positions import DAY_SHARDS, position_of
from assent.evidence.staff_audit import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from assent.clock import Clock
    from assent.consent.events import ConsentEvent
    from assent.evidence.digest import DigestStore, SealStore, Signer, Vault
    from assent.evidence.staff_audit import StaffAuditStore
    from assent.identifiers import SubscriberKey

HOUR = timedelta(hours=1)
# No function of ours runs for longer than 15 minutes, so what an hour still lacks after that is an
# index that lags; the sweep over all heads finds even that.
LOOK_BACK = timedelta(hours=2)
GRACE = timedelta(minutes=5)
SETTLING = timedelta(seconds=2)
# A digest is held in memory whole, by who makes it and by who checks it.
MOST_LEAVES = 20_000
PAGE = 500
# One slice an hour: each person's head is compared once a week.
SWEEPS = 168


class BrokenChainError(AssentError):
    """The vault holds what does not follow our chain: nothing is sealed until somebody looks."""

    code = "broken_chain"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one person's history as the standing has it."""

    seq: int
    hash: str


class EventLog(Protocol):
    """The history as sealing reads it."""

    def positions(
        self, day: date, shard: int, *, after: str, before: str, limit: int
    ) -> Sequence[str]:
        """Return up to `limit` positions of a UTC day's shard with `after < position < before`, in
        order, from the index; fewer than `limit` means that there are no more."""
        ...

    def following(
        self, tips: Mapping[SubscriberKey, int]
    ) -> Mapping[SubscriberKey, Sequence[ConsentEvent]]:
        """Return each person's events after the given seq, in order, read consistently."""
        ...


class Heads(Protocol):
    """The standings' tips."""

    def heads(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Head]:
        """Return those that exist, each read consistently."""
        ...

    def slice_of_heads(self, number: int, of: int) -> Iterator[Mapping[SubscriberKey, Head]]:
        """Yield one share of all heads, in portions of up to 1,000."""
        ...


@dataclass(slots=True)
class SealingReport:
    """What one run did. `mismatches`: people whose stored history is not what was sealed of it or
    what their standing says; each is an alarm."""

    digests: int = 0
    events: int = 0
    late: int = 0
    mismatches: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Sealing:
    """The one writer of the chain. `most_leaves` is lower only in tests."""

    digests: DigestStore
    seals: SealStore
    vault: Vault
    signer: Signer
    log: EventLog
    heads: Heads
    audit: StaffAuditStore
    clock: Clock
    most_leaves: int = MOST_LEAVES

    def close_hours(self, deadline: datetime) -> SealingReport:
        """Close every hour that ended a while ago, then compare one share of all heads.

        Stops at `deadline` with `is_complete` False. Raises BrokenChainError.
        """
        report = SealingReport()
        ended = hour_of(self.clock.now() - GRACE)
        latest = self._latest()
        is_behind = latest is None or latest.until < ended
        self._seal_to(ended, deadline, report)
        if is_behind and report.is_complete:
            self._sweep(deadline, report)
        return report

    def cut(self, instant: datetime, deadline: datetime) -> SealingReport:
        """Seal all that was recorded before `instant`, within its hour if need be: an export
        shall hold nothing that no digest vouches for."""
        report = SealingReport()
        self.clock.sleep((instant + SETTLING - self.clock.now()).total_seconds())
        self._seal_to(instant, deadline, report)
        return report

    def _seal_to(self, target: datetime, deadline: datetime, report: SealingReport) -> None:
        look_back = LOOK_BACK
        while True:
            latest = self._latest()
            since = latest.until if latest else hour_of(self.clock.now() - LOOK_BACK)
            if since >= target:
                return
            if self.clock.now() >= deadline:
                report.is_complete = False
                return
            until = min(target, hour_of(since) + HOUR)
            found, until = self._found(since - look_back, since, until)
            self._seal_next(found, (since, until), report)
            look_back = timedelta(0) if until > since else look_back

    def _found(
        self, back_to: datetime, since: datetime, until: datetime
    ) -> tuple[Sequence[str], datetime]:
        """Return what is to be sealed by its positions, and until when: earlier than asked for
        where that would be more than one digest holds."""
        found = list(islice(self._unsealed(back_to, since, until), self.most_leaves + 1))
        if len(found) <= self.most_leaves:
            return found, until
        until = max(parse_iso(Leaf(found[-1], "").at), since)
        if found[0] < iso(until):
            return [each for each in found if each < iso(until)], until
        # One instant alone is more than a digest should hold; it still belongs together.
        until += timedelta(microseconds=1)
        return list(self._unsealed(back_to, since, until)), until

    def _seal_next(
        self, found: Sequence[str], span: tuple[datetime, datetime], report: SealingReport
    ) -> None:
        since, until = span
        keys = list(dict.fromkeys(Leaf(each, "").subscriber_key for each in found))
        events = self._new_of(keys, iso(until), report)
        self._seal_late([each for each in events if each.at < iso(since)], report)
        if until > since:
            fresh = [each for each in events if each.at >= iso(since)]
            self._commit(DigestKind.PERIOD, (since, until), fresh, report)

    def _seal_late(self, late: Sequence[Leaf], report: SealingReport) -> None:
        for start in range(0, len(late), self.most_leaves):
            portion = sorted(late, key=lambda leaf: leaf.position)[start : start + self.most_leaves]
            first, last = parse_iso(portion[0].at), parse_iso(portion[-1].at)
            span = (first, last + timedelta(microseconds=1))
            if self._commit(DigestKind.BACKFILL, span, portion, report):
                report.late += len(portion)

    def _unsealed(self, back_to: datetime, since: datetime, until: datetime) -> Iterator[str]:
        """Yield the positions from `back_to` on that no digest holds; from `since` on none does."""
        sealed = self._recently_sealed(back_to) if back_to < since else set()
        after, before, day = iso(back_to), iso(until), back_to.date()
        while day.isoformat() < before:
            shards = (self._shard(day, shard, after, before) for shard in range(DAY_SHARDS))
            yield from (each for each in merge(*shards) if each not in sealed)
            day += timedelta(days=1)

    def _shard(self, day: date, shard: int, after: str, before: str) -> Iterator[str]:
        while True:
            page = self.log.positions(day, shard, after=after, before=before, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1]

    def _recently_sealed(self, since: datetime) -> set[str]:
        found: set[str] = set()
        for sealed in self.digests.latest_first():
            digest = sealed.digest
            if digest.kind is DigestKind.PERIOD and digest.until <= since:
                break
            found.update(leaf.position for leaf in self._leaves(digest))
        return found

    def _new_of(
        self, keys: Sequence[SubscriberKey], before: str, report: SealingReport
    ) -> list[Leaf]:
        """Return what is not sealed of these people and was recorded before that instant: of each
        the first events without a gap, so that a digest never holds a second without a first."""
        heads, sealed = self.heads.heads(keys), self.seals.sealed(keys)
        tips = {key: sealed.get(key, SealedUpTo()) for key in keys}
        following = self.log.following({key: tip.seq for key, tip in tips.items()})
        leaves: list[Leaf] = []
        for key, tip in tips.items():
            events = following.get(key, ())
            if not _continues(tip, events, heads.get(key)):
                report.mismatches += 1
            leaves += [Leaf(position_of(each), each.hash) for each in _ready(events, before)]
        return sorted(leaves, key=lambda leaf: leaf.position)

    def _sweep(self, deadline: datetime, report: SealingReport) -> None:
        latest = self._latest()
        hour = int(self.clock.now().timestamp() // HOUR.total_seconds())
        for portion in self.heads.slice_of_heads(hour % SWEEPS, SWEEPS):
            sealed = self.seals.sealed(list(portion))
            behind = [k for k, h in portion.items() if sealed.get(k, SealedUpTo()).seq < h.seq]
            lost = [k for k, h in portion.items() if sealed.get(k, SealedUpTo()).seq > h.seq]
            report.mismatches += len(lost)
            if behind and latest is not None:
                self._seal_late(self._new_of(behind, iso(latest.until), report), report)
            if self.clock.now() >= deadline:
                report.is_complete = False
                return

    def _commit(
        self,
        kind: DigestKind,
        span: tuple[datetime, datetime],
        leaves: Sequence[Leaf],
        report: SealingReport,
    ) -> bool:
        """Make the next digest; False: another run was first, and its digest stands."""
        before, public_key = self.digests.latest(), self.signer.public_key()
        digest = Digest(
            number=before.digest.number + 1 if before else 1,
            kind=kind,
            since=span[0],
            until=span[1],
            size=len(leaves),
            root=root([bytes.fromhex(leaf.hash) for leaf in leaves]).hex(),
            previous=before.digest.hash if before else "",
            sealed_at=self.clock.now(),
            key=fingerprint(public_key),
            staff_audit=tuple(self.audit.tip(shard) for shard in range(SHARDS)),
        )
        if leaves:
            self.vault.put_once(leaves_name(digest.number, digest.root), leaf_lines(leaves))
        sealed = SealedDigest(digest, self.signer.sign(digest.document), public_key)
        if not self.vault.put_once(digest_name(digest.number), sealed.as_json().encode()):
            self._latest()
            return False
        self._note(sealed, leaves)
        report.digests += 1
        report.events += len(leaves)
        return True

    def _latest(self) -> Digest | None:
        """Return the newest period's digest, after noting what a run that died had sealed."""
        latest = self.digests.latest()
        while True:
            number = latest.digest.number + 1 if latest else 1
            body = self.vault.get(digest_name(number))
            if body is None:
                break
            found = sealed_from(body.decode())
            if not is_link(latest.digest if latest else None, found.digest):
                message = f"digest {number} in the vault does not follow digest {number - 1}"
                raise BrokenChainError(message)
            leaves = self._leaves(found.digest)
            self._note(found, leaves)
            self._require_not_rewound(leaves)
            latest = found
        periods = (s.digest for s in self.digests.latest_first())
        return next((d for d in periods if d.kind is DigestKind.PERIOD), None)

    def _require_not_rewound(self, leaves: Sequence[Leaf]) -> None:
        """A digest that only the vault knows is that of a run that died, or the tables were brought
        back to before it; then people's heads lie behind it."""
        ends = {leaf.subscriber_key: leaf.seq for leaf in sorted(leaves, key=lambda each: each.seq)}
        heads = self.heads.heads(list(ends))
        if any(key not in heads or heads[key].seq < seq for key, seq in ends.items()):
            message = "the vault remembers events that the tables have lost"
            raise BrokenChainError(message)

    def _note(self, sealed: SealedDigest, leaves: Iterable[Leaf]) -> None:
        ends: dict[SubscriberKey, SealedUpTo] = {}
        for leaf in leaves:
            before = ends.get(leaf.subscriber_key, SealedUpTo())
            if leaf.seq > before.seq:
                ends[leaf.subscriber_key] = SealedUpTo(leaf.seq, leaf.hash)
        self.seals.put(sealed.digest.number, ends)
        try:
            self.digests.append(sealed)
        except AlreadyExistsError:
            return

    def _leaves(self, digest: Digest) -> list[Leaf]:
        return leaves_of(self.vault, digest)


def leaves_of(vault: Vault, digest: Digest) -> list[Leaf]:
    """Return a digest's leaves in their order. Raises BrokenChainError when they are not there."""
    if not digest.size:
        return []
    body = vault.get(leaves_name(digest.number, digest.root))
    if body is None:
        message = f"the leaves of digest {digest.number} are not in the vault"
        raise BrokenChainError(message)
    return leaves_from(body)


def hour_of(instant: datetime) -> datetime:
    """Return the start of the UTC hour."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _ready(events: Sequence[ConsentEvent], before: str) -> Iterator[ConsentEvent]:
    """Yield the first events while they lie before the instant and time does not run backwards:
    what two clocks disagree on waits for the next digest, so that each holds its own times only."""
    last = ""
    for event in events:
        at = iso(event.at)
        if not last <= at < before:
            return
        yield event
        last = at


def _continues(tip: SealedUpTo, events: Sequence[ConsentEvent], head: Head | None) -> bool:
    """Whether the stored events follow what was sealed without a gap and reach the standing."""
    for event in events:
        if (event.seq, event.previous_hash) != (tip.seq + 1, tip.hash):
            return False
        tip = replace(tip, seq=event.seq, hash=event.hash)
        if head is not None and event.seq == head.seq and event.hash != head.hash:
            return False
    return head is not None and tip.seq >= head.seq

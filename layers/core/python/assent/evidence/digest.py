"""The digest chain: what was recorded until when, summed up in one signed hash, hour after hour.

Each digest names the one before it, so that a later one vouches for all; an hour without events has
a digest too, because a missing one must not look like a quiet hour.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.clock import iso, parse_iso
from assent.consent.events import canonical
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assent.evidence.staff_audit import Tip

DOCUMENT = "assent.digest/1"


class DigestKind(StrEnum):
    """A period follows the one before without a gap; a backfill holds events of periods that were
    closed before these events could be read."""

    PERIOD = "period"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Digest:
    """One link. `root` is the Merkle root over `size` events with `since ≤ at < until` in order of
    their positions; `previous` the hash of digest `number - 1` (empty for 1). `staff_audit` are
    the ends of the audit's chains at that moment. `key` is the SHA-256 of the public key (DER)."""

    number: int
    kind: DigestKind
    since: datetime
    until: datetime
    size: int
    root: str
    previous: str
    sealed_at: datetime
    key: str
    staff_audit: tuple[Tip, ...] = ()

    @property
    def document(self) -> bytes:
        """The canonical JSON that is hashed and signed; under 4 KB, which KMS signs as it is."""
        return canonical(
            {
                "document": DOCUMENT,
                "number": self.number,
                "kind": self.kind.value,
                "since": iso(self.since),
                "until": iso(self.until),
                "size": self.size,
                "root": self.root,
                "previous": self.previous,
                "sealed_at": iso(self.sealed_at),
                "key": self.key,
                "staff_audit": [{"seq": tip.seq, "hash": tip.hash} for tip in self.staff_audit],
            }
        )

    @property
    def hash(self) -> str:
        """SHA-256 of the document in hex; JSON begins with a brace, which is no tag of ours."""
        return hashlib.sha256(self.document).hexdigest()


@dataclass(frozen=True, slots=True)
class SealedDigest:
    """A digest with its ECDSA signature (DER) and the public key (DER) that checks it."""

    digest: Digest
    signature: bytes
    public_key: bytes

    def as_json(self) -> str:
        """Return one line: the document as signed, signature and key in base64."""
        document = self.digest.document.decode()
        signature = base64.b64encode(self.signature).decode()
        key = base64.b64encode(self.public_key).decode()
        return f'{{"digest":{document},"signature":"{signature}","public_key":"{key}"}}'


def sealed_from(text: str) -> SealedDigest:
    """Return what `as_json` wrote. Raises ValueError or KeyError for anything else."""
    from assent.evidence.staff_audit import Tip

    found = json.loads(text)
    facts = found["digest"]
    digest = Digest(
        number=facts["number"],
        kind=DigestKind(facts["kind"]),
        since=parse_iso(facts["since"]),
        until=parse_iso(facts["until"]),
        size=facts["size"],
        root=facts["root"],
        previous=facts["previous"],
        sealed_at=parse_iso(facts["sealed_at"]),
        key=facts["key"],
        staff_audit=tuple(Tip(tip["seq"], tip["hash"]) for tip in facts["staff_audit"]),
    )
    signature = base64.b64decode(found["signature"], validate=True)
    return SealedDigest(digest, signature, base64.b64decode(found["public_key"], validate=True))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One sealed event: its position (time, person, seq) and its hash in hex."""

    position: str
    hash: str

    @property
    def at(self) -> str:
        """The event's time as ISO text."""
        return self.position.partition("#")[0]

    @property
    def subscriber_key(self) -> SubscriberKey:
        return SubscriberKey(self.position.split("#")[1])

    @property
    def seq(self) -> int:
        return int(self.position.rpartition("#")[2])


def leaf_lines(leaves: Sequence[Leaf]) -> bytes:
    """Return one line per leaf: position, space, hash."""
    return "".join(f"{leaf.position} {leaf.hash}\n" for leaf in leaves).encode()


def leaves_from(body: bytes) -> list[Leaf]:
    """Return what `leaf_lines` wrote."""
    return [Leaf(*line.split(" ")) for line in body.decode().splitlines()]


def digest_name(number: int) -> str:
    """Return the name under which a digest is kept: order of names is order of numbers."""
    return f"digests/{number:012d}.json"


def leaves_name(number: int, root: str) -> str:
    """Return the name of a digest's leaves; their root is in it, so that a name has one content."""
    return f"leaves/{number:012d}-{root}.txt"


@dataclass(frozen=True, slots=True)
class SealedUpTo:
    """Up to which event one person's history is in digests, and that event's hash."""

    seq: int = 0
    hash: str = ""


class DigestStore(Protocol):
    """The chain at hand: what the vault holds, readable in order."""

    def latest(self) -> SealedDigest | None:
        """Return the newest digest, read consistently; None before the first."""
        ...

    def append(self, sealed: SealedDigest) -> None:
        """Note a digest. Raises AlreadyExistsError when its number is taken."""
        ...

    def after(self, number: int) -> Iterator[SealedDigest]:
        """Yield the digests with a greater number, in order."""
        ...

    def latest_first(self) -> Iterator[SealedDigest]:
        """Yield all digests, newest first."""
        ...


class SealStore(Protocol):
    """Who is sealed up to where. Entries are only added, so that writing one again is no harm."""

    def sealed(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, SealedUpTo]:
        """Return the last entry of each key that has one, read consistently."""
        ...

    def put(self, number: int, sealed: Mapping[SubscriberKey, SealedUpTo]) -> None:
        """Note how far digest `number` takes each person."""
        ...


class Vault(Protocol):
    """Where digests lie so that nobody can take them back."""

    def put_once(self, name: str, body: bytes) -> bool:
        """Write unless the name is taken; return whether it was written."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return what was written under the name; None if nothing was."""
        ...


class Signer(Protocol):
    """Holds the one key that signs digests and manifests."""

    def public_key(self) -> bytes:
        """Return the public key as DER (SubjectPublicKeyInfo)."""
        ...

    def sign(self, document: bytes) -> bytes:
        """Return the ECDSA P-256 signature (DER) over the SHA-256 of up to 4,096 bytes."""
        ...


def fingerprint(public_key: bytes) -> str:
    """Return the SHA-256 of a key (DER) in hex: how people compare keys."""
    return hashlib.sha256(public_key).hexdigest()


def is_link(before: Digest | None, digest: Digest) -> bool:
    """Return whether `digest` directly follows `before`: number, hash, and time without a gap."""
    if before is None:
        return digest.number == 1 and digest.previous == ""
    return digest.number == before.number + 1 and digest.previous == before.hash

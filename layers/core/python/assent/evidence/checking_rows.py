"""Checks one file of rows with its proofs: each row against its hash, each digest against its root.

A file holds whole digests only, so files can be checked by several processes at once and each
needs the memory of one digest. Links between one person's events are written down for later.
"""

from __future__ import annotations

import csv
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assent.evidence.merkle import ProofError, root_from
from assent.evidence.opened import DamagedError, Sums
from assent.evidence.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from assent.evidence.opened import OpenedBundle

# Person (128 bits of a hash), seq, previous hash, hash, file, row.
LINK = struct.Struct(">16sI32s32sII")
BUCKETS = 64
_MOST_FINDINGS = 50
_NONE = bytes(32)
_INTEGERS = ("seq", "epoch", "digest", "leaf", "shard", "parts", "events")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PieceTask:
    """One file to check. `digests` are size and root by number; `number` stands for the file in
    the links, which go to files in `folder`."""

    bundle: OpenedBundle
    data: str
    proofs: str | None
    digests: Mapping[int, tuple[int, str]]
    number: int
    folder: Path


@dataclass(slots=True)
class PieceResult:
    """What came of it. `proved` counts rows by digest."""

    findings: list[Finding] = field(default_factory=list)
    rows: int = 0
    proofs: int = 0
    proved: dict[int, int] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)


def rows_of(bundle: OpenedBundle, name: str, sums: Sums) -> Iterator[Row]:
    """Yield the rows of a CSV or JSON Lines file. Raises DamagedError and ValueError."""
    if name.endswith(".jsonl"):
        for line in bundle.lines(name, sums):
            row = json.loads(line)
            if not isinstance(row, dict):
                message = "this is no row"
                raise ValueError(message)
            yield row
        return
    texts = (line.decode() for line in bundle.lines(name, sums))
    reader = csv.reader(texts, strict=True)
    columns = next(reader, [])
    for cells in reader:
        if len(cells) != len(columns):
            message = "this row has not as many cells as there are columns"
            raise ValueError(message)
        yield _typed(dict(zip(columns, cells, strict=True)))


def _typed(cells: dict[str, str]) -> Row:
    row: Row = {name: value or None for name, value in cells.items()}
    for name in _INTEGERS:
        if name in row:
            row[name] = int(cells[name])
    for name in ("facts", "evidence", "groups"):
        if row.get(name):
            row[name] = json.loads(row[name])
    if "previous_hash" in row:
        row["previous_hash"] = cells["previous_hash"]
    return row


def check_piece(task: PieceTask) -> PieceResult:
    """Check a file of events and the file of its proofs."""
    checking = _Checking(task)
    sums = checking.result.sums[task.data] = Sums()
    try:
        for row in rows_of(task.bundle, task.data, sums):
            checking.row(row)
            if len(checking.result.findings) > _MOST_FINDINGS:
                break
        checking.end_of_digest(None)
    except (DamagedError, ValueError, KeyError, TypeError, csv.Error, struct.error) as error:
        what = str(error) if isinstance(error, DamagedError) else "this row cannot be read"
        place = None if isinstance(error, DamagedError) else checking.result.rows + 1
        checking.result.findings.append(Finding(task.data, what, place))
    checking.end()
    return checking.result


class _Checking:
    def __init__(self, task: PieceTask) -> None:
        self._task, self.result = task, PieceResult()
        self._digest = 0
        self._first_row = 1
        self._leaves: dict[int, bytes] = {}
        self._proofs = self._read_proofs()
        self._links: dict[int, bytearray] = {}

    def row(self, row: Row) -> None:
        self.result.rows += 1
        if row["digest"] != self._digest:
            self.end_of_digest(row["digest"])
        self._check_hashes(row)
        last = max(self._leaves, default=-1) if not self._leaves else next(reversed(self._leaves))
        if row["leaf"] <= last:
            self._say(f"it stands out of order (leaf {row['leaf']} after {last})", self.result.rows)
        own = bytes.fromhex(row["hash"])
        self._leaves[row["leaf"]] = own
        person = hashlib.blake2b(row["subscriber_key"].encode(), digest_size=16).digest()
        previous = bytes.fromhex(row["previous_hash"]) or _NONE
        place = (self._task.number, self.result.rows)
        link = LINK.pack(person, row["seq"], previous, own, *place)
        self._links.setdefault(person[0] % BUCKETS, bytearray()).extend(link)

    def _check_hashes(self, row: Row) -> None:
        if hashlib.sha256(b"\x00" + canonical_event(row)).hexdigest() != row["hash"]:
            self._say("the event is not what its hash says", self.result.rows)
        evidence, salt = row["evidence"], row["evidence_salt"]
        if (evidence is None) != (salt is None):
            self._say("evidence and its salt go together", self.result.rows)
        elif salt is not None:
            body = b"\x02" + bytes.fromhex(salt) + _canonical(evidence or {})
            if hashlib.sha256(body).hexdigest() != row["evidence_digest"]:
                self._say("the evidence is not what the event commits to", self.result.rows)

    def end_of_digest(self, following: int | None) -> None:
        if self._leaves:
            self._check_root()
            self.result.proved[self._digest] = len(self._leaves)
        if following is not None:
            if following <= self._digest:
                self._say("its digest stands out of order", self.result.rows)
            self._digest, self._first_row = following, self.result.rows
        self._leaves = {}

    def _check_root(self) -> None:
        number, leaves = self._digest, self._leaves
        last = self._first_row + len(leaves) - 1
        rows, proof = f"rows {self._first_row} to {last}", self._proofs.get(number)
        if number not in self._task.digests:
            self._say(f"there is no digest {number}", self._first_row)
        elif proof is None:
            self._say(f"there is no proof for {rows} in digest {number}", self._first_row)
        elif proof["leaves"] != list(leaves):
            self._say(*_difference(proof["leaves"], list(leaves), number, self._first_row))
        else:
            size, root = self._task.digests[number]
            try:
                hashes = [bytes.fromhex(each) for each in proof["hashes"]]
                is_root = root_from(size, leaves, hashes).hex() == root
            except (ProofError, ValueError):
                is_root = False
            if not is_root:
                self._say(f"{rows} do not lead to the root of digest {number}", self._first_row)

    def _read_proofs(self) -> dict[int, Row]:
        found: dict[int, Row] = {}
        name = self._task.proofs
        if name is None:
            return found
        sums = self.result.sums[name] = Sums()
        try:
            for row, line in enumerate(self._task.bundle.lines(name, sums), 1):
                proof = json.loads(line)
                number, size = proof["digest"], self._task.digests.get(proof["digest"], (-1, ""))[0]
                if number in found or proof["size"] != size or not _is_proof(proof):
                    self._say("this proof fits no digest", row, name)
                for leaf in proof["missing"]:
                    what = f"leaf {leaf} of digest {number} was sealed and is gone from the log"
                    self._say(what, row, name)
                found[number] = proof
                self.result.proofs = row
        except (DamagedError, ValueError, KeyError, TypeError) as error:
            what = str(error) if isinstance(error, DamagedError) else "this proof cannot be read"
            self._say(what, self.result.proofs + 1, name)
        return found

    def end(self) -> None:
        for number in sorted(set(self._proofs) - set(self.result.proved)):
            if self._proofs[number]["leaves"]:
                what = f"the rows of digest {number} that it proves are not there"
                self._say(what, None, self._task.proofs)
        for bucket, links in self._links.items():
            path = self._task.folder / f"{bucket:02d}-{self._task.number:06d}"
            path.write_bytes(links)

    def _say(self, what: str, row: int | None, name: str | None = None) -> None:
        self.result.findings.append(Finding(name or self._task.data, what, row))


def _is_proof(proof: Row) -> bool:
    lists = (proof["leaves"], proof["missing"])
    return all(isinstance(each, int) for one in lists for each in one)


def _difference(
    proved: Sequence[int], found: Sequence[int], number: int, first_row: int
) -> tuple[str, int]:
    """Return what is wrong and in which row: the first leaf that is on one side only."""
    gone = [leaf for leaf in proved if leaf not in set(found)]
    if gone:
        before = sum(leaf < gone[0] for leaf in found)
        row = first_row + before
        return f"a row is missing here: leaf {gone[0]} of digest {number}", row
    extra = next((n for n, leaf in enumerate(found) if leaf not in set(proved)), 0)
    return f"this row is not among those that digest {number} proves", first_row + extra


def canonical_event(row: Row) -> bytes:
    """Return the canonical JSON that an event's hash is over, from its row."""
    return _canonical(
        {
            "schema": 1,
            "subscriber_key": row["subscriber_key"],
            "seq": row["seq"],
            "type": row["type"],
            "at": row["event_at"],
            "source": row["source"],
            "programme_id": row["programme_id"],
            "epoch": row["epoch"],
            "evidence_digest": row["evidence_digest"],
            "previous_hash": row["previous_hash"],
            "provider_at": row["provider_at"],
            "facts": row["facts"] or {},
        }
    )


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _canonical(value: object) -> bytes:
    return _encode(value).encode()


def check_bucket(folder: Path, bucket: int, *, may_skip: bool) -> list[tuple[int, int, str]]:
    """Return (file, row, what) for each break in the chains of one share of the people."""
    links = sorted(
        link
        for path in sorted(folder.glob(f"{bucket:02d}-*"))
        for link in LINK.iter_unpack(path.read_bytes())
    )
    found: list[tuple[int, int, str]] = []
    before: tuple[Any, ...] | None = None
    for link in links:
        person, seq, previous, _, *place = link
        last = before if before is not None and before[0] == person else None
        what = ""
        if last is not None and seq == last[1]:
            what = f"this person's event {seq} is there twice"
        elif last is not None and seq == last[1] + 1 and previous != last[3]:
            what = "it does not follow this person's event before it"
        elif last is not None and seq > last[1] + 1 and not may_skip:
            what = f"this person's event {last[1] + 1} is missing before it"
        elif seq == 1 and previous != _NONE:
            what = "a first event cannot follow another"
        if what:
            found.append((place[0], place[1], what))
        before = link
    return found

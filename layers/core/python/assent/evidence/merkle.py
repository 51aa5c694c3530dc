"""Merkle trees as RFC 6962 draws them (Certificate Transparency, section 2.1), and proofs in them.

A leaf is an event's hash: SHA-256 over 0x00 and its canonical JSON is the RFC's leaf hash already.
One proof serves any number of leaves of a tree; for a single leaf it is the RFC's audit path.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assent.errors import AssentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NODE_TAG = b"\x01"


class ProofError(AssentError):
    """A proof does not fit its tree: too few hashes, too many, or a leaf outside."""

    code = "bad_proof"


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the tree's root; that of no leaves is SHA-256 of nothing (RFC 6962)."""
    level = leaves
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else hashlib.sha256().digest()


def prove(leaves: Sequence[bytes], indexes: Iterable[int]) -> list[bytes]:
    """Return the hashes that, with the leaves at `indexes`, give the root: level by level from the
    leaves up, from left to right. All leaves need none. Raises ProofError for an index outside."""
    known = sorted(set(indexes))
    if known and not 0 <= known[0] <= known[-1] < len(leaves):
        message = "there is no such leaf"
        raise ProofError(message)
    level, hashes = leaves, list[bytes]()
    while known and len(level) > 1:
        given = set(known)
        siblings = (index ^ 1 for index in known)
        hashes += [level[s] for s in siblings if s < len(level) and s not in given]
        known = sorted({index // 2 for index in known})
        level = _above(level)
    return hashes


def root_from(size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree of `size` leaves that has `leaves` (by index) in it.

    Raises ProofError when `hashes` are not exactly those that are needed.
    """
    if not leaves or not 0 <= min(leaves) <= max(leaves) < size:
        message = "the proof names a leaf that its tree does not have"
        raise ProofError(message)
    if len(leaves) == size and not hashes:
        return root([leaves[index] for index in range(size)])
    level, rest = dict(sorted(leaves.items())), list(reversed(hashes))
    while size > 1:
        level = _joined(level, size, rest)
        size = (size + 1) // 2
    if rest:
        message = "the proof has hashes to spare"
        raise ProofError(message)
    return level[0]


def _joined(level: Mapping[int, bytes], size: int, rest: list[bytes]) -> dict[int, bytes]:
    above: dict[int, bytes] = {}
    for index, own in level.items():
        parent, sibling = index // 2, index ^ 1
        if parent in above:
            continue
        if sibling >= size:
            above[parent] = own
            continue
        other = level.get(sibling)
        if other is None:
            if not rest:
                message = "the proof lacks a hash"
                raise ProofError(message)
            other = rest.pop()
        above[parent] = _node(own, other) if sibling > index else _node(other, own)
    return above


def _above(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [_node(left, right) for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE_TAG + left + right).digest()

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.evidence.merkle import ProofError, prove, root, root_from

if TYPE_CHECKING:
    from collections.abc import Sequence

# The inputs of the reference implementation of Certificate Transparency and its roots
# (google/certificate-transparency, merkle_tree_test).
INPUTS = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(b"\x00" + str(number).encode()).digest() for number in range(count)]


def recursive_root(tree: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1 to the letter."""
    if len(tree) == 1:
        return tree[0]
    split = 1
    while split * 2 < len(tree):
        split *= 2
    left, right = recursive_root(tree[:split]), recursive_root(tree[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    tree = [hashlib.sha256(b"\x00" + bytes.fromhex(each)).digest() for each in INPUTS[:size]]
    assert root(tree).hex() == ROOTS[size - 1]


def test_no_leaves_have_the_hash_of_nothing_as_their_root() -> None:
    assert root([]) == hashlib.sha256(b"").digest()


@given(st.integers(1, 200))
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    assert root(leaves(size)) == recursive_root(leaves(size))


@given(st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_any_leaves_are_proved_with_no_more_hashes_than_paths(case: tuple[int, set[int]]) -> None:
    size, chosen = case
    tree = leaves(size)
    hashes = prove(tree, chosen)
    if chosen:
        assert root_from(size, {i: tree[i] for i in chosen}, hashes) == root(tree)
    assert len(hashes) <= len(chosen) * size.bit_length()
    assert hashes == [] if len(chosen) == size else True


@given(st.integers(2, 40), st.data())
def test_a_changed_proof_gives_another_root_or_none(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    chosen = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    hashes = prove(tree, chosen)
    known = {index: tree[index] for index in chosen}
    forgeries = [
        ({**known, min(chosen): b"\x00" * 32}, hashes),
        (known, [*hashes, b"\x00" * 32]),
        *[(known, [*hashes[:n], *hashes[n + 1 :]]) for n in range(len(hashes))],
        *[(known, [*hashes[:n], b"\x00" * 32, *hashes[n + 1 :]]) for n in range(len(hashes))],
    ]
    for leaf_hashes, forged in forgeries:
        try:
            assert root_from(size, leaf_hashes, forged) != root(tree)
        except ProofError:
            continue


@pytest.mark.parametrize("index", [-1, 3, 99])
def test_a_leaf_outside_the_tree_proves_nothing(index: int) -> None:
    with pytest.raises(ProofError):
        root_from(3, {index: b"\x00" * 32}, [])
    with pytest.raises(ProofError):
        prove(leaves(3), [index])


def test_no_leaf_proves_nothing() -> None:
    with pytest.raises(ProofError):
        root_from(3, {}, [])

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assent.aws import clients
from assent.aws.digest_store import DynamoDigestStore
from assent.aws.evidence_signer import KmsSigner
from assent.aws.seal_store import DynamoSealStore
from assent.aws.vault_bucket import S3Vault
from assent.errors import AlreadyExistsError
from assent.evidence.digest import Digest, DigestKind, SealedDigest, SealedUpTo
from assent.evidence.signature import is_signed
from assent.evidence.staff_audit import Tip
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_digest_store import InMemoryDigestStore, InMemorySealStore
from tests.fakes.in_memory_vault import InMemoryVault
from tests.fakes.local_signer import LocalSigner

if TYPE_CHECKING:
    from assent.evidence.digest import DigestStore, SealStore, Signer, Vault

ANN, BOB = SubscriberKey("k1_ann"), SubscriberKey("k1_bob")
DIGEST = Digest(
    1, DigestKind.PERIOD, NOON, NOON, 0, "ab" * 32, "", NOON, "cd" * 32, (Tip(), Tip(3, "ef" * 32))
)
FIRST = SealedDigest(DIGEST, b"\x30\x00", b"\x30\x01")


def numbered(number: int) -> SealedDigest:
    return replace(FIRST, digest=replace(DIGEST, number=number))


@pytest.fixture(params=["fake", "aws"])
def digests(request: pytest.FixtureRequest) -> DigestStore:
    if request.param == "fake":
        return InMemoryDigestStore()
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    return DynamoDigestStore(client, tables.name("DigestsTable"))


@pytest.fixture(params=["fake", "aws"])
def seals(request: pytest.FixtureRequest) -> SealStore:
    if request.param == "fake":
        return InMemorySealStore()
    client, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    return DynamoSealStore(client, tables.name("SealsTable"), request.getfixturevalue("clock"))


@pytest.fixture(params=["fake", "aws"])
def vault(request: pytest.FixtureRequest) -> Vault:
    if request.param == "fake":
        return InMemoryVault()
    request.getfixturevalue("cloud")
    clients.s3().create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
    return S3Vault(clients.s3(), "evidence")


@pytest.fixture(params=["fake", "aws"])
def signer(request: pytest.FixtureRequest) -> Signer:
    if request.param == "fake":
        return LocalSigner()
    request.getfixturevalue("cloud")
    made = clients.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return KmsSigner(clients.kms(), made["KeyMetadata"]["KeyId"])


def test_a_chain_without_a_digest_has_no_latest(digests: DigestStore) -> None:
    assert digests.latest() is None
    assert list(digests.after(0)) == list(digests.latest_first()) == []


def test_digests_come_back_whole_in_either_order(digests: DigestStore) -> None:
    for number in (1, 2, 10):
        digests.append(numbered(number))
    assert digests.latest() == numbered(10)
    assert list(digests.after(1)) == [numbered(2), numbered(10)]
    assert [each.digest.number for each in digests.latest_first()] == [10, 2, 1]


def test_a_number_is_taken_once(digests: DigestStore) -> None:
    digests.append(FIRST)
    with pytest.raises(AlreadyExistsError):
        digests.append(replace(FIRST, signature=b"\x30\x02"))
    assert digests.latest() == FIRST


def test_the_last_seal_of_each_person_counts_in_whatever_order_they_are_written(
    seals: SealStore,
) -> None:
    seals.put(7, {ANN: SealedUpTo(4, "aa" * 32)})
    seals.put(3, {ANN: SealedUpTo(2, "bb" * 32), BOB: SealedUpTo(1, "cc" * 32)})
    seals.put(3, {ANN: SealedUpTo(2, "bb" * 32)})
    found = seals.sealed([ANN, BOB, SubscriberKey("k1_new")])
    assert found == {ANN: SealedUpTo(4, "aa" * 32), BOB: SealedUpTo(1, "cc" * 32)}


def test_nobody_is_sealed_by_nothing(seals: SealStore) -> None:
    seals.put(1, {})
    assert seals.sealed([]) == {}


def test_a_name_in_the_vault_is_written_once(vault: Vault) -> None:
    assert vault.get("digests/1") is None
    assert vault.put_once("digests/1", b"first")
    assert not vault.put_once("digests/1", b"second")
    assert vault.get("digests/1") == b"first"


def test_a_signature_is_checked_with_the_public_key_alone(signer: Signer) -> None:
    key, signature = signer.public_key(), signer.sign(b"a document")
    assert is_signed(b"a document", signature, key)
    assert not is_signed(b"a document.", signature, key)
    assert not is_signed(b"a document", signature[:-1] + bytes([signature[-1] ^ 1]), key)
    assert not is_signed(b"a document", b"", key)
    assert not is_signed(b"a document", signature, LocalSigner().public_key())

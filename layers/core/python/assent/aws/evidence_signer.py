"""Signs digests and manifests with an asymmetric key that never leaves KMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.aws.answers import translated

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """A `Signer`. Documents go to KMS as they are (RAW, at most 4,096 bytes), so that what was
    signed can be checked with nothing but a public key and the file."""

    client: KMSClient
    key_id: str

    def public_key(self) -> bytes:
        with translated():
            return self.client.get_public_key(KeyId=self.key_id)["PublicKey"]

    def sign(self, document: bytes) -> bytes:
        with translated():
            answer = self.client.sign(
                KeyId=self.key_id,
                Message=document,
                MessageType="RAW",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return answer["Signature"]

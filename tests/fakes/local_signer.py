"""A signing key in memory, made anew for each signer."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class LocalSigner:
    """A `Signer`; `signed` counts what it was asked to sign."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.signed = 0

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, document: bytes) -> bytes:
        self.signed += 1
        if len(document) > 4096:
            message = "KMS signs up to 4,096 bytes"
            raise ValueError(message)
        return self._key.sign(document, ec.ECDSA(hashes.SHA256()))

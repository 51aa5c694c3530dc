"""Checks signatures offline: the one place that needs a library beyond the standard one.

`cryptography` is asked for only when a signature is checked; functions never do, so the layer that
is deployed has no part of it (`pip install "assent[verify]"`).
"""

from __future__ import annotations

import base64
import functools
from typing import TYPE_CHECKING

from assent.errors import AssentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_PEM_LINE = 64


class BadKeyError(AssentError):
    """The bytes are no public key of ECDSA on P-256."""

    code = "bad_key"


def is_signed(document: bytes, signature: bytes, public_key: bytes) -> bool:
    """Return whether `signature` (ECDSA, DER) over the SHA-256 of `document` is that of the P-256
    `public_key` (DER). Raises BadKeyError."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        _key(public_key).verify(signature, document, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@functools.lru_cache(maxsize=8)
def _key(public_key: bytes) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    message = "this is no public key of ECDSA on P-256"
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKeyError(message) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKeyError(message)
    return key


def pem_of(public_key: bytes) -> bytes:
    """Return a public key (DER) as the PEM block that openssl reads."""
    body = base64.b64encode(public_key).decode()
    lines = [body[start : start + _PEM_LINE] for start in range(0, len(body), _PEM_LINE)]
    text = "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
    return text.encode()

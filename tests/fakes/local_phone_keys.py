"""Keyed hashes with a key in memory, of the same form as the real ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from assent.phone import PhoneNumber


class LocalPhoneKeys:
    """A `PhoneKeys` under one fixed secret."""

    def __init__(self, secret: bytes = b"a key for tests only", version: int = 1) -> None:
        self._secret = secret
        self._version = version

    def key_of(self, phone: PhoneNumber) -> SubscriberKey:
        digest = self._digest("phone", phone.e164)[:24]
        return SubscriberKey(f"k{self._version}_{base64.urlsafe_b64encode(digest).decode()}")

    def mac(self, purpose: str, text: str) -> str:
        return self._digest(purpose, text).hex()

    def _digest(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._secret, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()

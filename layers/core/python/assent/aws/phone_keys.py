"""Keyed hashes by a KMS key that never leaves KMS: a stolen table does not give up its numbers.

A hash of a bare number could be walked, since there are only so many numbers.
"""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

    from assent.phone import PhoneNumber

_KEY_BYTES = 24
_REMEMBERED = 512


class KmsPhoneKeys:
    """A `PhoneKeys`. The last results are remembered, since one request asks for the same key more
    than once and every call is billed."""

    def __init__(self, client: KMSClient, key_id: str, key_version: int) -> None:
        self._client = client
        self._key_id = key_id
        self._key_version = key_version
        self._remembered: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def key_of(self, phone: PhoneNumber) -> SubscriberKey:
        """Raises TryAgainError when KMS does not answer."""
        digest = self._hmac("phone", phone.e164)[:_KEY_BYTES]
        return SubscriberKey(f"k{self._key_version}_{_text(digest)}")

    def mac(self, purpose: str, text: str) -> str:
        """Raises TryAgainError when KMS does not answer."""
        return _text(self._hmac(f"mac:{purpose}", text))

    def _hmac(self, purpose: str, text: str) -> bytes:
        # The length in front keeps one purpose and text from passing for another pair.
        message = f"{len(purpose)}:{purpose}:{text}".encode()
        with self._lock:
            known = self._remembered.get(message)
        if known is not None:
            return known
        with translated():
            answer = self._client.generate_mac(
                KeyId=self._key_id, MacAlgorithm="HMAC_SHA_256", Message=message
            )
        with self._lock:
            self._remembered[message] = answer["Mac"]
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return answer["Mac"]


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

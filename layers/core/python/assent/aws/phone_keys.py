"""Keyed hashes by a KMS key that never leaves KMS: a stolen table does not give up its numbers.

A hash of a bare number could be walked, since there are only so many numbers.
"""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from assent.aws.answers import translated
from assent.consent.key_ring import KeyRing
from assent.errors import SettingsError
from assent.identifiers import SubscriberKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_kms import KMSClient

    from assent.consent.model import PhoneKeys, Standing
    from assent.phone import PhoneNumber
    from assent.settings import KeyId

_KEY_BYTES = 24
_REMEMBERED = 512


class PhoneKeySettings(Protocol):
    """The keys that a function is told of: that of version 1, those of 2 and on in order, and the
    version that new numbers get."""

    @property
    def phone_key_id(self) -> str: ...
    @property
    def other_phone_keys(self) -> tuple[KeyId, ...]: ...
    @property
    def phone_key_version(self) -> int: ...


def phone_keys(
    client: KMSClient,
    settings: PhoneKeySettings,
    standing: Callable[[SubscriberKey], Standing | None],
) -> PhoneKeys:
    """Return the keys of all live versions; `standing` tells who is known. With one version and
    one spelling nothing is looked up. Raises SettingsError when new numbers are to get a version
    that is not there."""
    ids = (settings.phone_key_id, *settings.other_phone_keys)
    made = [KmsPhoneKeys(client, key_id, version) for version, key_id in enumerate(ids, start=1)]
    newest = settings.phone_key_version
    if not 1 <= newest <= len(made):
        message = f"PHONE_KEY_VERSION is {newest}, and there are keys of {len(made)} versions"
        raise SettingsError(message)
    others = [keys for version, keys in enumerate(made, start=1) if version != newest]
    return KeyRing((made[newest - 1], *reversed(others)), made[0], standing)


def macs_of(client: Callable[[], KMSClient], key_id: KeyId) -> Callable[[str, str], str]:
    """Return the keyed hashes (of a purpose and a text) of any HMAC key; nothing is made or asked
    before the first one is needed. The hashes raise TryAgainError when KMS does not answer."""
    return lambda purpose, text: KmsPhoneKeys(client(), key_id, 0).mac(purpose, text)


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

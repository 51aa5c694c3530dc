from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws import clients
from assent.aws.phone_keys import KmsPhoneKeys, phone_keys
from assent.consent.model import Standing
from assent.errors import SettingsError
from assent.phone import PhoneNumber
from assent.settings import KeyId
from tests.fakes.local_phone_keys import LocalPhoneKeys

if TYPE_CHECKING:
    from assent.consent.model import PhoneKeys
    from assent.identifiers import SubscriberKey

ONE, TWO = PhoneNumber("+12065550123"), PhoneNumber("+12065550124")


def kms_keys(version: int = 1) -> KmsPhoneKeys:
    created = clients.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return KmsPhoneKeys(clients.kms(), created["KeyMetadata"]["KeyId"], version)


@pytest.fixture(params=["fake", "aws"])
def keys(request: pytest.FixtureRequest) -> PhoneKeys:
    if request.param == "fake":
        return LocalPhoneKeys()
    request.getfixturevalue("cloud")
    return kms_keys()


def test_a_key_names_its_version_and_hides_the_number(keys: PhoneKeys) -> None:
    key = keys.key_of(ONE)
    assert re.fullmatch(r"k1_[A-Za-z0-9_-]{32}", key)
    assert "2065550123" not in key


def test_one_number_has_one_key_and_two_have_two(keys: PhoneKeys) -> None:
    assert keys.key_of(ONE) == keys.key_of(PhoneNumber(ONE.e164)) != keys.key_of(TWO)


def test_purposes_are_apart_from_each_other_and_from_keys(keys: PhoneKeys) -> None:
    macs = {
        keys.mac("form", ONE.e164),
        keys.mac("code", ONE.e164),
        keys.mac("phone", ONE.e164),
        keys.mac("form:x", "y"),
        keys.mac("form", "x:y"),
        keys.key_of(ONE).split("_", 1)[1],
    }
    assert len(macs) == 6
    assert keys.mac("form", "a") == keys.mac("form", "a")


def test_another_secret_gives_other_keys(cloud: None) -> None:
    assert kms_keys().key_of(ONE) != kms_keys().key_of(ONE)
    assert kms_keys(2).key_of(ONE).startswith("k2_")


def test_kms_is_asked_once_per_text(cloud: None) -> None:
    asked: list[Any] = []
    keys = kms_keys()
    events = clients.kms().meta.events
    events.register("before-call.kms.GenerateMac", lambda **_: asked.append(1), unique_id="count")
    try:
        for _ in range(3):
            keys.key_of(ONE)
            keys.mac("form", "a")
    finally:
        events.unregister("before-call.kms.GenerateMac", unique_id="count")
    assert len(asked) == 2


@dataclass
class Told:
    """What a function is told of its keys."""

    phone_key_id: str
    other_phone_keys: tuple[KeyId, ...] = ()
    phone_key_version: int = 1


def hmac_key() -> KeyId:
    made = clients.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return KeyId(made["KeyMetadata"]["KeyId"])


def test_with_one_version_nobody_is_looked_up(cloud: None) -> None:
    keys = phone_keys(clients.kms(), Told(hmac_key()), unlooked)
    assert keys.key_of(ONE).startswith("k1_")


def unlooked(key: SubscriberKey) -> Standing | None:
    raise AssertionError(key)


def test_who_is_known_under_an_older_version_keeps_it_and_others_get_the_newest(
    cloud: None,
) -> None:
    first, second = hmac_key(), hmac_key()
    known: dict[SubscriberKey, Standing] = {}
    before = phone_keys(clients.kms(), Told(first), known.get)
    known[before.key_of(ONE)] = Standing(before.key_of(ONE), ONE)
    after = phone_keys(clients.kms(), Told(first, (second,), 2), known.get)
    assert after.key_of(ONE) == before.key_of(ONE)
    assert after.key_of(TWO) == KmsPhoneKeys(clients.kms(), second, 2).key_of(TWO)
    assert after.mac("form", "a") == before.mac("form", "a")


@pytest.mark.parametrize("version", [0, 3])
def test_a_version_without_a_key_is_refused(cloud: None, version: int) -> None:
    with pytest.raises(SettingsError):
        phone_keys(clients.kms(), Told(hmac_key(), (hmac_key(),), version), unlooked)

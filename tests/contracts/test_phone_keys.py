from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws import clients
from assent.aws.phone_keys import KmsPhoneKeys
from assent.phone import PhoneNumber
from tests.fakes.local_phone_keys import LocalPhoneKeys

if TYPE_CHECKING:
    from assent.consent.model import PhoneKeys

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

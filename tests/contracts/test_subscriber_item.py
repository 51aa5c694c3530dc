"""The item that is written once per text: what it holds survives, and it stays one write unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.audience.engagement import Act, plus_all
from assent.audience.subscriber import Subscriber
from assent.aws.subscriber_item import instant, item_of, micros, subscriber_of
from assent.consent.model import Claim, Consent, ConsentStatus, Hold, Standing
from assent.identifiers import CampaignId, ProgrammeId
from tests.contracts.examples import HASH, KEY, PHONE, subscriber
from tests.contracts.item_size import item_bytes
from tests.fakes.frozen_clock import NOON

PROGRAMMES = [ProgrammeId(f"p_7f3k9q0m2x1{letter}") for letter in "bcd"]
ODD = NOON - timedelta(days=1, microseconds=123_457)


def realistic() -> Subscriber:
    """Three programmes, twelve claims of 45 days, a full form and a hold."""
    claims = {
        CampaignId(f"c_0123456789{n:02d}"): Claim(
            CampaignId(f"c_0123456789{n:02d}"), PROGRAMMES[n % 3], ODD - timedelta(days=3 * n)
        )
        for n in range(12)
    }
    standing = Standing(
        KEY,
        PHONE,
        seq=17,
        head_hash=HASH,
        consents={p: Consent(ConsentStatus.CONFIRMED, 12, ODD) for p in PROGRAMMES},
        hold=Hold("ambiguous_reply", ODD),
        paused_until=ODD + timedelta(days=90),
        claims=claims,
        claims_version=148,
    )
    profile = {
        "first_name": "Alexandra",
        "last_name": "Featherstonehaugh",
        "birth_year": 1987,
        "postal_code": "98101",
        "region": "US-WA",
        "time_zone": "America/Los_Angeles",
        "topics": ["shoes", "outdoor", "accessories"],
        "locale": "en-US",
        "max_per_month": 4,
    }
    return Subscriber(standing, "US", ODD, profile)


def test_a_realistic_person_with_twelve_claims_is_one_write_unit() -> None:
    assert item_bytes(item_of(realistic())) <= 1024


def test_twelve_claims_of_long_programme_names_still_are_one_write_unit() -> None:
    person = realistic()
    name = ProgrammeId("weekly-offers-for-outdoor-and-travel")
    claims = {c: replace(claim, programme_id=name) for c, claim in person.standing.claims.items()}
    consents = {name: person.standing.consents[PROGRAMMES[0]]}
    standing = replace(person.standing, claims=claims, consents=consents)
    assert item_bytes(item_of(replace(person, standing=standing))) <= 1024


def engaged() -> Subscriber:
    """Acts of every kind on more days than are kept, and some attributes."""
    person = realistic()
    days = [ODD - timedelta(days=3 * number) for number in range(20)]
    activity = plus_all(None, days)
    assert activity is not None
    attributes = {"attributes.tier": "gold", "attributes.points": 1200, "attributes.store": "NYC-5"}
    profile = {**person.profile, **attributes}
    return replace(person, profile=profile, engagement=dict.fromkeys(Act, activity))


def test_acts_of_every_kind_and_attributes_leave_it_one_write_unit() -> None:
    assert item_bytes(item_of(engaged())) <= 1024


@pytest.mark.parametrize(
    "person", [realistic(), subscriber(), engaged()], ids=["full", "plain", "engaged"]
)
def test_packing_loses_nothing(person: Subscriber) -> None:
    assert subscriber_of(item_of(person)) == person


@pytest.mark.parametrize("status", ConsentStatus)
def test_every_status_has_a_letter_of_its_own(status: ConsentStatus) -> None:
    person = subscriber()
    consents = {PROGRAMMES[0]: Consent(status, 1, NOON)}
    written = replace(person, standing=replace(person.standing, consents=consents))
    assert subscriber_of(item_of(written)) == written


def test_instants_are_exact_to_the_microsecond() -> None:
    assert instant(micros(ODD)) == ODD
    assert instant(str(micros(ODD))).utcoffset() == timedelta()


def test_a_profile_value_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        item_of(replace(subscriber(), profile={"height": 1.8}))


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"a": {"S": "é"}}, 3),
        ({"a": {"N": "1795435200123457"}}, 10),
        ({"a": {"N": "100"}}, 3),
        ({"a": {"M": {"b": {"S": "c"}}}}, 7),
        ({"a": {"L": [{"S": "c"}, {"BOOL": True}]}}, 8),
    ],
)
def test_sizes_are_counted_as_documented(item: dict[str, dict[str, object]], size: int) -> None:
    assert item_bytes(item) == size

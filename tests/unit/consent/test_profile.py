"""Nobody makes a subscriber's item, and with it every claim, larger than this."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.audience.engagement import Act, plus
from assent.audience.facts import MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES
from assent.audience.subscriber import Subscriber
from assent.aws.subscriber_item import item_of
from assent.consent.model import Claim, Consent, ConsentStatus, Standing
from assent.consent.profile import MOST_BYTES, MOST_TOPICS, MOST_TOPICS_BYTES, check_profile
from assent.errors import InvalidTextError
from assent.identifiers import CampaignId, ProgrammeId
from tests.benchmarks.recorder import size_of, write_units
from tests.fakes.frozen_clock import NOON
from tests.unit.consent.people import KEY, PHONE

OFFERS = ProgrammeId("offers")
TYPICAL = {
    "first_name": "Charlotte",
    "last_name": "Montgomery",
    "birth_year": 1984,
    "postal_code": "55401",
    "region": "MN",
    "time_zone": "America/Chicago",
    "locale": "en-US",
    "topics": ["shoes", "coats", "sports"],
    "max_per_month": 6,
    "attributes.tier": "gold",
    "attributes.store": 418,
}


def _largest() -> dict[str, object]:
    """All that any door lets through: every field, topic and attribute as long as it may be."""
    topic = MOST_TOPICS_BYTES // MOST_TOPICS
    attributes = {
        f"attributes.{'a' * 18}_{index}": "x" * MAX_ATTRIBUTE_TEXT
        for index in range(MAX_ATTRIBUTES)
    }
    return {
        **{name: "x" * most for name, most in MOST_BYTES.items()},
        "birth_year": 2000,
        "max_per_month": 1000,
        "topics": ["t" * topic for _ in range(MOST_TOPICS)],
        **attributes,
    }


def _person(profile: dict[str, object], claims: int) -> Subscriber:
    names = [CampaignId(f"c{index:025d}") for index in range(claims)]
    at = NOON - timedelta(days=3)
    return Subscriber(
        standing=Standing(
            KEY,
            PHONE,
            seq=9,
            head_hash="ab" * 32,
            consents={OFFERS: Consent(ConsentStatus.CONFIRMED, 1, at)},
            claims={name: Claim(name, OFFERS, at) for name in names},
            claims_version=claims,
        ),
        country="US",
        created_at=at,
        profile=profile,
        engagement={act: plus(None, at) for act in Act},
    )


def test_a_usual_profile_keeps_a_claim_at_one_write_unit() -> None:
    check_profile(TYPICAL)
    assert write_units(item_of(_person(TYPICAL, claims=8))) == 1


def test_the_largest_profile_that_any_door_takes_keeps_a_claim_at_two() -> None:
    check_profile(_largest())
    item = item_of(_person(_largest(), claims=8))
    assert 1024 < size_of(item) <= 2048


@pytest.mark.parametrize("name", sorted(MOST_BYTES))
def test_a_field_is_as_long_as_it_may_be_and_no_byte_longer(name: str) -> None:
    check_profile({name: "x" * MOST_BYTES[name]})
    with pytest.raises(InvalidTextError) as refused:
        check_profile({name: "x" * (MOST_BYTES[name] + 1)})
    assert refused.value.field == name


def test_letters_of_four_bytes_count_four() -> None:
    with pytest.raises(InvalidTextError):
        check_profile({"first_name": "😀" * 16})


@pytest.mark.parametrize(
    "topics",
    [
        pytest.param(["t"] * 21, id="too many"),
        pytest.param(["x" * 65], id="one too long"),
        pytest.param(["x" * 60] * 5, id="together too long"),
    ],
)
def test_topics_are_bounded_in_number_and_together(topics: list[str]) -> None:
    with pytest.raises(InvalidTextError) as refused:
        check_profile({"topics": topics})
    assert refused.value.field == "topics"

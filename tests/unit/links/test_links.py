"""A token opens what it was issued for, and nothing else does."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from assent.errors import LinkNotFoundError
from assent.identifiers import ProgrammeId, RandomIds, SubscriberKey
from assent.links.model import LinkPurpose
from assent.links.service import TOKEN_LENGTH, Links
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_link_store import InMemoryLinkStore

KEY = SubscriberKey("k1_" + "a" * 32)
OFFERS = ProgrammeId("offers")
UNTIL = NOON + timedelta(hours=72)


@dataclass
class House:
    store: InMemoryLinkStore = field(default_factory=InMemoryLinkStore)
    clock: FrozenClock = field(default_factory=FrozenClock)

    @property
    def links(self) -> Links:
        return Links(self.store, self.clock, RandomIds())

    def token(self) -> str:
        return self.links.confirm(KEY, OFFERS, 3, UNTIL).removeprefix("/c/")


def test_a_link_is_found_by_its_token() -> None:
    house = House()
    found = house.links.find(house.token(), LinkPurpose.CONFIRM)
    assert (found.subscriber_key, found.programme_id, found.epoch) == (KEY, OFFERS, 3)
    assert not found.is_expired(UNTIL - timedelta(microseconds=1))
    assert found.is_expired(UNTIL)


def test_each_purpose_has_its_path_and_its_life() -> None:
    house = House()
    assert house.links.unsubscribe(KEY, OFFERS, 3).startswith("/u/")
    assert house.links.preferences(KEY, OFFERS, 3).startswith("/p/")
    assert {each.expires_at for each in house.store.links.values()} == {NOON + timedelta(days=400)}


def test_a_token_is_not_kept_and_cannot_be_guessed() -> None:
    house = House()
    tokens = {house.token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(len(each) == TOKEN_LENGTH and each.isascii() and each.isalnum() for each in tokens)
    assert TOKEN_LENGTH * math.log2(62) > 96
    assert not any(each in repr(house.store.links) for each in tokens)


def test_every_place_of_a_token_takes_many_letters() -> None:
    house = House()
    tokens = [house.token() for _ in range(300)]
    assert min(len({each[place] for each in tokens}) for place in range(TOKEN_LENGTH - 1)) > 30


def _wrong(token: str) -> list[tuple[str, str]]:
    other = "b" if token[3] == "a" else "a"
    return [
        ("one letter", token[:3] + other + token[4:]),
        ("truncated", token[:-1]),
        ("extended", token + "0"),
        ("case", token.swapcase()),
        ("escaped", "".join(f"%{ord(each):02x}" for each in token)),
        ("empty", ""),
        ("long", token * 1000),
        ("unpaired surrogate", token + "\ud800"),
        ("null", token + "\0"),
        ("space", token + " "),
    ]


@pytest.mark.parametrize("case", range(10))
def test_whatever_is_not_the_token_finds_nothing(case: int) -> None:
    house = House()
    _, wrong = _wrong(house.token())[case]
    with pytest.raises(LinkNotFoundError) as refused:
        house.links.find(wrong, LinkPurpose.CONFIRM)
    assert str(refused.value) == "There is no such link."


@pytest.mark.parametrize("purpose", [LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES])
def test_a_token_is_good_for_one_purpose(purpose: LinkPurpose) -> None:
    house = House()
    with pytest.raises(LinkNotFoundError, match="no such link"):
        house.links.find(house.token(), purpose)

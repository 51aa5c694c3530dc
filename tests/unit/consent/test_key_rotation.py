"""A new key for new numbers, and nobody who was known becomes a stranger by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from assent.consent.erasing import Erasing
from assent.consent.events import Source
from assent.consent.key_ring import KeyRing
from assent.consent.model import ConsentStatus, Standing
from assent.consent.outcomes import SignUp
from assent.consent.policy import OptInReason, RequestReason
from assent.consent.service import ConsentService
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_consent_store import InMemoryConsentStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.sequential_ids import SequentialIds
from tests.unit.consent.people import OFFERS, PHONE

if TYPE_CHECKING:
    from assent.consent.outcomes import RequestOutcome, StartOutcome
    from assent.identifiers import SubscriberKey

ONE = LocalPhoneKeys(b"the first secret", 1)
TWO = LocalPhoneKeys(b"the second secret", 2)
NEW = PhoneNumber.stored("+16125550104")


@dataclass
class Rotation:
    """One store before, while and after the key is changed."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    store: InMemoryConsentStore = field(default_factory=InMemoryConsentStore)

    def __post_init__(self) -> None:
        self.consent = ConsentService(self.store, self.clock, SequentialIds())
        self.keys = self.ring(ONE)

    def ring(self, *versions: LocalPhoneKeys) -> KeyRing:
        return KeyRing(versions, ONE, self.store.standing)

    def rotate(self) -> None:
        """In two steps, as the guide says: looked up first, given to new numbers then."""
        self.clock.advance(60)
        self.keys = self.ring(ONE, TWO)
        self.keys = self.ring(TWO, ONE)

    def key(self, phone: PhoneNumber = PHONE) -> SubscriberKey:
        return self.keys.key_of(phone)

    def ask(self, phone: PhoneNumber = PHONE) -> RequestOutcome:
        self.clock.advance(660)
        return self.consent.request(
            SignUp(
                subscriber_key=self.key(phone),
                phone=phone,
                programme_id=OFFERS,
                locale="en",
                code_hash="hash",
                is_country_served=True,
                facts={},
                evidence={},
            )
        )

    def stop(self, phone: PhoneNumber = PHONE) -> None:
        self.clock.advance(60)
        now = self.clock.now()
        self.consent.stop(self.key(phone), phone, now, {}, None, Source.INBOUND_SMS)

    def start(self, phone: PhoneNumber = PHONE) -> StartOutcome:
        self.clock.advance(60)
        return self.consent.start(self.key(phone), phone, self.clock.now(), {}, None)

    @property
    def people(self) -> list[SubscriberKey]:
        return sorted(self.store._standings)


def test_a_number_known_under_the_old_key_keeps_it() -> None:
    house = Rotation()
    house.ask()
    old = house.key()
    house.rotate()
    assert house.key() == old == ONE.key_of(PHONE)


def test_a_new_number_gets_the_new_key_and_keeps_it() -> None:
    house = Rotation()
    house.rotate()
    assert house.key(NEW) == TWO.key_of(NEW)
    house.ask(NEW)
    assert house.key(NEW) == TWO.key_of(NEW)
    assert house.people == [TWO.key_of(NEW)]


def test_a_stop_under_the_old_key_blocks_a_sign_up_under_the_new() -> None:
    house = Rotation()
    house.stop()
    house.rotate()
    outcome = house.ask()
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.OPTED_OUT
    assert len(house.people) == 1


def test_a_stop_after_the_rotation_reaches_the_old_record() -> None:
    house = Rotation()
    house.ask()
    house.rotate()
    house.stop()
    (key,) = house.people
    standing = house.store.standing(key)
    assert standing is not None
    assert standing.stopped_at is not None
    assert standing.status_of(OFFERS) is ConsentStatus.WITHDRAWN


def test_stop_again_start_and_sign_up_are_all_one_persons_history() -> None:
    house = Rotation()
    house.stop()
    house.rotate()
    house.stop()
    assert house.start().reason is OptInReason.RESTARTED
    outcome = house.ask()
    assert outcome.decision is not None
    assert outcome.decision.send_confirmation
    (key,) = house.people
    seqs = [event.seq for event, _ in house.store.history(key)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_an_erased_opt_out_blocks_under_every_version() -> None:
    house = Rotation()
    house.stop()
    Erasing(house.consent).erase(house.key(), Source.STAFF, {"actor": "a"})
    house.rotate()
    outcome = house.ask()
    assert outcome.decision is not None
    assert outcome.decision.reason is RequestReason.OPTED_OUT
    assert len(house.people) == 1


@pytest.mark.parametrize("stopped", [ONE, TWO], ids=["the older", "the newer"])
def test_of_two_records_of_one_number_the_opt_out_counts(stopped: LocalPhoneKeys) -> None:
    house = Rotation()
    for version in (ONE, TWO):
        at = NOON if version is stopped else None
        house.store.seed(Standing(version.key_of(PHONE), PHONE, stopped_at=at))
    house.rotate()
    assert house.key() == stopped.key_of(PHONE)


def test_codes_and_tokens_on_their_way_outlive_the_rotation() -> None:
    house = Rotation()
    before = house.keys.mac("confirmation_code", "x")
    house.rotate()
    assert house.keys.mac("confirmation_code", "x") == before

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from assent.abuse.breaker import Breaker, State
from assent.abuse.counters import Subjects, network_of
from assent.abuse.guard import Conversions, Door, TextGuard, Verdict, Withheld
from assent.abuse.limits import Limits, limits
from assent.errors import ChangedMeanwhileError, TooManyRequestsError, TryAgainError
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_counters import InMemoryBreakers, InMemoryCounters
from tests.fakes.local_phone_keys import LocalPhoneKeys

PHONE, NEIGHBOUR = PhoneNumber("+16125550103"), PhoneNumber("+16125550104")
ELSEWHERE = PhoneNumber("+12135550104")
SMALL = limits(per_ip=6, per_prefix=6, per_country=4, in_all=6)


@dataclass
class Abuse:
    limits: Limits = field(default_factory=lambda: SMALL)

    def __post_init__(self) -> None:
        self.clock, self.counters = FrozenClock(), InMemoryCounters()
        self.breakers = InMemoryBreakers()
        subjects = Subjects(LocalPhoneKeys().mac)
        self.door = Door(self.counters, subjects, self.clock, self.limits)
        self.guard = TextGuard(self.counters, self.breakers, subjects, self.clock, self.limits)
        self.conversions = Conversions(self.breakers, subjects, self.clock)

    def passes(self, ip: str, phone: PhoneNumber, *, has_token: bool = True) -> bool:
        try:
            self.door.pass_in(ip, phone, has_token=has_token)
        except TooManyRequestsError:
            return False
        return True

    def text(self, phone: PhoneNumber = PHONE, *, has_token: bool = True) -> Withheld | None:
        return self.guard.may_text(phone, has_token=has_token).withheld


def test_an_address_is_counted_whatever_numbers_it_asks_for() -> None:
    abuse = Abuse(limits(per_ip=6, per_prefix=100))
    numbers = [PhoneNumber(f"+1{200 + n}5550123") for n in range(7)]
    assert [abuse.passes("192.0.2.1", each) for each in numbers] == [*[True] * 6, False]
    assert abuse.passes("192.0.2.2", numbers[6])


def test_a_block_of_numbers_is_counted_whatever_addresses_ask() -> None:
    abuse = Abuse(limits(per_ip=100, per_prefix=6))
    answers = [abuse.passes(f"192.0.2.{n}", PHONE if n % 2 else NEIGHBOUR) for n in range(7)]
    assert answers == [*[True] * 6, False]
    assert abuse.passes("192.0.2.99", ELSEWHERE)


def test_without_a_token_less_is_taken_and_leaves_room_for_those_with_one() -> None:
    abuse = Abuse()
    assert [abuse.passes("192.0.2.1", PHONE, has_token=False) for _ in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert abuse.passes("192.0.2.1", PHONE)


def test_what_is_refused_is_not_counted() -> None:
    abuse = Abuse()
    for _ in range(50):
        abuse.passes("192.0.2.1", PHONE)
    assert max(abuse.counters.taken.values()) == 6


def test_a_refusal_says_when_to_come_back_and_then_lets_in() -> None:
    abuse = Abuse()
    abuse.clock.advance(1800)
    while abuse.passes("192.0.2.1", PHONE):
        pass
    with pytest.raises(TooManyRequestsError) as caught:
        abuse.door.pass_in("192.0.2.1", PHONE, has_token=True)
    assert 0 < caught.value.retry_after_seconds <= 1801
    abuse.clock.advance(caught.value.retry_after_seconds)
    assert abuse.passes("192.0.2.1", PHONE)


def test_a_country_has_a_ceiling_for_the_day() -> None:
    abuse = Abuse()
    assert [abuse.text() for _ in range(5)] == [*[None] * 4, Withheld.COUNTRY]
    assert abuse.text(PhoneNumber("+33639980009")) is None
    abuse.clock.advance(timedelta(days=1))
    assert abuse.text() is None


def test_all_texts_together_have_a_ceiling_that_the_door_tells_of() -> None:
    abuse = Abuse(limits(in_all=2))
    assert [abuse.text() for _ in range(3)] == [None, None, Withheld.ALL]
    assert not abuse.passes("192.0.2.1", ELSEWHERE)


def test_a_number_is_worn_after_its_sign_ups_of_the_day_and_that_is_told_once() -> None:
    abuse = Abuse()
    key = LocalPhoneKeys().key_of(PHONE)
    assert [abuse.guard.is_number_worn(key) for _ in range(8)] == [*[False] * 6, True, True]
    assert [abuse.guard.is_first_word_of_it(key) for _ in range(3)] == [True, False, False]


def test_what_a_breaker_withholds_uses_up_nobodys_share() -> None:
    abuse = Abuse(limits(per_country=60))
    subject = Subjects(LocalPhoneKeys().mac).prefix(PHONE)
    for _ in range(30):
        abuse.text()
        abuse.clock.advance(120)
    assert abuse.text() is Withheld.PREFIX_BREAKER
    assert abuse.breakers.breaker(subject).state is State.OPEN
    taken = sum(abuse.counters.taken.values())
    assert [abuse.text() for _ in range(20)] == [Withheld.PREFIX_BREAKER] * 20
    assert sum(abuse.counters.taken.values()) == taken
    assert abuse.text(ELSEWHERE) is None


def test_opening_is_news_once() -> None:
    abuse = Abuse(limits(per_country=1000))
    verdicts = []
    for _ in range(40):
        verdicts.append(abuse.guard.may_text(PHONE, has_token=True))
        abuse.clock.advance(120)
    assert sum(each.opened for each in verdicts) == 1
    assert verdicts[-1] == Verdict(Withheld.PREFIX_BREAKER)


def test_confirmations_keep_texts_going() -> None:
    abuse = Abuse(limits(per_country=1000, in_all=1000))
    for _ in range(60):
        assert abuse.text() is None
        abuse.conversions.confirmed(PHONE)
        abuse.clock.advance(120)


def test_a_breaker_that_another_moved_is_asked_again() -> None:
    class Raced(InMemoryBreakers):
        races = 2

        def save(self, subject: str, breaker: Breaker, at: object) -> None:
            if self.races:
                self.races -= 1
                message = "another question was first"
                raise ChangedMeanwhileError(message)
            super().save(subject, breaker, abuse.clock.now())

    abuse = Abuse()
    abuse.breakers = Raced()
    guard = TextGuard(
        abuse.counters, abuse.breakers, Subjects(LocalPhoneKeys().mac), abuse.clock, SMALL
    )
    assert guard.may_text(PHONE, has_token=True) == Verdict()


def test_a_confirmation_that_cannot_be_counted_is_no_error() -> None:
    class Away(InMemoryBreakers):
        def confirmed(self, subject: str, at: object) -> None:
            message = "away"
            raise TryAgainError(message)

    Conversions(Away(), Subjects(LocalPhoneKeys().mac), FrozenClock()).confirmed(PHONE)


def test_no_key_shows_an_address_or_a_number() -> None:
    abuse = Abuse()
    abuse.passes("192.0.2.1", PHONE)
    abuse.text()
    for key in [*abuse.counters.taken, *abuse.breakers.kept]:
        assert "192.0.2" not in key
        assert "612555" not in key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff::9", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("203.0.113.9, 10.0.0.1", "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network

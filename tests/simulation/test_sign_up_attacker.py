"""Somebody wants us to text: whatever they try over HTTP, what goes out stays under fixed caps.

Everything is real but the stores, the clock and the carrier; chance is seeded. `pytest -s` prints
what each attack came to.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from assent.abuse.breaker import COUNTRY_RULE, PREFIX_RULE
from assent.abuse.limits import Scope, limits
from assent.http.idempotency import IdempotencyStore, Once
from assent.http.public import PublicServices, public_api
from assent.identifiers import ProgrammeId
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_digest_store import InMemoryDigestStore
from tests.fakes.recording_sms_sender import RecordingSmsSender
from tests.functions.requests import Answer, answer, request
from tests.functions.world import Context
from tests.unit.inbound.test_receiving import House

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OFFERS = ProgrammeId("offers")
CAPS = {scope: limit.most for scope, limit in limits().items()}
AREAS = (206, 212, 213, 305, 312, 404, 415, 504, 602, 612, 617, 702)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Attack:
    """The service behind its HTTP routes, and a stranger with a script."""

    seed: int = 7
    clock: FrozenClock = field(default_factory=FrozenClock)
    heard: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - chance to be repeated, not secrets
        self.sender = RecordingSmsSender(clock=self.clock)
        self.house = House(clock=self.clock, sender=self.sender)
        once = Once(cast("IdempotencyStore", None), self.clock, str)
        house = self.house
        digests = InMemoryDigestStore()
        services = PublicServices(house.programmes, house.opt_in, house.tokens, once, digests)
        self.api = public_api(lambda: services)
        self.tokens: list[str] = []

    def sign_up(
        self,
        phone: str,
        ip: str,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        form: dict[str, Any] = {
            "programme_id": "offers",
            "phone": phone,
            "consent": True,
            "disclosure_version": 1,
        }
        if token is not None:
            form["form_token"] = token
        event = request("POST", "/v1/opt-ins", body=form, ip=ip, headers=headers)
        found = answer(self.api.resolve(event, Context()))  # type: ignore[arg-type]
        self.heard["202" if found.status == 202 else found.code] += 1
        self.house.queue.deliver(self.house.answering.answer)
        return found

    def an_ip(self, of: int = 10**6) -> str:
        number = self.random.randrange(of)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def a_number(self, prefixes: int) -> str:
        """The next number of a block, of so many blocks."""
        block = self.random.randrange(prefixes)
        area = AREAS[block % len(AREAS)]
        exchange = 222 + block // len(AREAS) * 7 % 770
        return f"+1{area}{exchange}{self.random.randrange(10_000):04d}"

    def texts(self, per: timedelta, country: str = "+1") -> list[int]:
        """How many texts went out in each clock hour or day in which any did."""
        sent = zip(self.sender.texts, self.sender.sent_at, strict=True)
        slots = Counter(
            int(at.timestamp() // per.total_seconds())
            for text, at in sent
            if text.phone.e164.startswith(country)
        )
        return list(slots.values())

    def check(self, name: str) -> None:
        """Hold the texts to the published caps."""
        hours, days = self.texts(HOUR, ""), self.texts(DAY)
        print(  # noqa: T201 - the caps are what this test publishes
            f"\n{name}: {sum(self.heard.values())} sign-ups, answers {dict(self.heard)}, "
            f"{len(self.sender.texts)} texts; most in an hour {max(hours, default=0)} of "
            f"{CAPS[Scope.ALL]}, most in a day {max(days, default=0)} of {CAPS[Scope.COUNTRY]}"
        )
        assert max(hours, default=0) <= CAPS[Scope.ALL]
        assert max(days, default=0) <= CAPS[Scope.COUNTRY]

    def honest_person_is_texted(self, phone: str = "+33639980009") -> bool:
        """Somebody elsewhere fills the form by hand; return whether their phone rings."""
        before = len(self.sender.texts)
        assert self.sign_up(phone, "198.51.100.200", self.fresh()).status == 202
        return len(self.sender.texts) == before + 1

    def fresh(self) -> str:
        """A token as a patient script, or a person, sends it back."""
        token = self.house.tokens.issue(OFFERS)
        self.clock.advance(20)
        return token


def test_sequential_numbers_from_one_address_meet_the_address_limit() -> None:
    attack = Attack()
    for number in range(300):
        attack.sign_up(f"+1612555{number:04d}", "203.0.113.5")
    attack.check("sequential, one address")
    assert len(attack.sender.texts) <= CAPS[Scope.PREFIX]
    assert attack.heard["too_many_requests"] >= 200
    assert attack.honest_person_is_texted()


def test_forged_headers_do_not_make_one_address_many() -> None:
    attack = Attack()
    for _ in range(300):
        fake = attack.an_ip()
        forged = {"x-forwarded-for": fake, "x-real-ip": fake, "forwarded": f"for={fake}"}
        attack.sign_up(attack.a_number(500), "203.0.113.5", headers=forged)
    attack.check("forged headers")
    assert len(attack.sender.texts) <= CAPS[Scope.IP]
    assert attack.honest_person_is_texted()


def test_a_customer_of_ipv6_is_one_address() -> None:
    attack = Attack()
    for number in range(300):
        attack.sign_up(attack.a_number(500), f"2001:db8:7:7:{number:x}::1")
    attack.check("one /64")
    assert len(attack.sender.texts) <= CAPS[Scope.IP]


def test_sequential_numbers_from_many_addresses_meet_the_block_limit_then_the_breaker() -> None:
    attack = Attack()
    for number in range(3 * 24 * 60):
        attack.sign_up(f"+1612555{number:04d}", attack.an_ip(), attack.fresh())
        attack.clock.advance(40)
        if number % 600 == 0:
            assert attack.honest_person_is_texted(f"+3363998{number:04d}")
    attack.check("sequential, many addresses, three days")
    blocked = len([t for t in attack.sender.texts if t.phone.e164.startswith("+1612555")])
    rounds = 3 * DAY / PREFIX_RULE.cool_down + 1
    assert blocked <= CAPS[Scope.PREFIX] + PREFIX_RULE.trial_texts * rounds


def test_a_replayed_token_works_once() -> None:
    attack = Attack()
    token = attack.fresh()
    for _ in range(200):
        attack.sign_up(attack.a_number(500), attack.an_ip(), token)
    attack.check("replayed token")
    assert len(attack.sender.texts) == 1
    assert attack.heard == {"202": 1, "invalid_form_token": 199}


def storm(attack: Attack, minutes: int, per_minute: int) -> None:
    """Many blocks, many addresses, and tokens of every kind."""
    kinds: list[Callable[[], str | None]] = [
        lambda: None,
        lambda: attack.house.tokens.issue(OFFERS),
        lambda: attack.tokens[-1] if attack.tokens else None,
        lambda: "1.forged.token",
    ]
    for _ in range(minutes):
        attack.tokens.append(attack.fresh())
        for each in range(per_minute):
            token = attack.tokens[-1] if not each else attack.random.choice(kinds)()
            forged = {"x-forwarded-for": attack.an_ip()}
            attack.sign_up(attack.a_number(400), attack.an_ip(5000), token, forged)
        attack.clock.advance(30)


def test_a_storm_of_everything_is_held_by_the_totals() -> None:
    attack = Attack()
    storm(attack, minutes=90, per_minute=60)
    attack.check("storm")
    without_token = limits()[Scope.COUNTRY].without_token
    assert max(attack.texts(DAY)) <= without_token + 90
    assert attack.honest_person_is_texted()


def test_a_flood_faster_than_any_breaker_stops_at_the_total_and_says_so() -> None:
    attack = Attack()
    tokens = [attack.house.tokens.issue(OFFERS) for _ in range(900)]
    attack.clock.advance(3)
    for token in tokens:
        attack.sign_up(attack.a_number(5000), attack.an_ip(), token)
    attack.check("flood")
    assert len(attack.sender.texts) == CAPS[Scope.ALL]
    refused = attack.sign_up("+33639980009", "198.51.100.200", attack.fresh())
    assert (refused.status, refused.code) == (429, "too_many_requests")
    attack.clock.advance(int(refused.headers["Retry-After"]))
    assert attack.honest_person_is_texted()


def test_a_slow_attack_from_everywhere_opens_the_breaker_of_its_country() -> None:
    attack = Attack(seed=11)
    for _ in range(3 * 24 * 20):
        attack.sign_up(attack.a_number(5000), attack.an_ip(), attack.fresh())
        attack.clock.advance(160)
    attack.check("slow and everywhere, three days")
    trickle = COUNTRY_RULE.trial_texts * (DAY / COUNTRY_RULE.cool_down)
    assert attack.texts(DAY)[-2] <= trickle
    assert attack.honest_person_is_texted()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_is_the_same_attack(seed: int) -> None:
    found = []
    for _ in range(2):
        attack = Attack(seed=seed)
        storm(attack, minutes=3, per_minute=20)
        found.append((attack.heard, [text.phone.e164 for text in attack.sender.texts]))
    assert found[0] == found[1]

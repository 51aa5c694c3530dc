"""The promises' tests would notice: known-bad variants of the protocol, each caught by them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from assent.campaigns import sending, sending_one
from assent.campaigns.model import Claimed, ClaimRefused
from assent.campaigns.sending_claims import EarlierClaims
from assent.campaigns.sending_one import Ended, Ready, Texting
from assent.consent.model import Claim
from assent.messages.ledger import OutboundText, Outcome, SendResult
from tests.fakes.in_memory_claim_store import InMemoryClaimStore
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.world import LoggedClaims, World, at_each_call, calls_of, phone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import ClaimStore
    from assent.campaigns.sending_slots import Slots
    from assent.identifiers import CampaignId, SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable

PEOPLE = 2


def misfortunes(make: Callable[[], World]) -> Iterator[tuple[World, Faults]]:
    """Yield a fresh world with one misfortune, for each kind at each port call."""
    for at_call in range(at_each_call(make)):
        for after in (False, True):
            yield make(), crash(at_call, after=after)
        for act in ("stop", "second"):
            world = make()
            yield world, Faults(at_call, before=_act(world, act))
        world = make()
        # After the call: a freeze inside the publish itself is what nobody can prevent.
        yield world, Faults(at_call, after=_act(world, "freeze"))


def _act(world: World, act: str) -> Callable[[], object]:
    if act == "stop":
        return lambda: world.stop(PEOPLE - 1)
    if act == "second":
        return world.send
    return lambda: world.clock.advance(20)


def is_caught(make: Callable[[], World]) -> bool:
    """Return whether some misfortune breaks a promise."""
    for world, faults in misfortunes(make):
        try:
            world.survive(faults)
            world.assert_promises()
            if faults.before is None:
                # Another act before a call moves the clock inside that call, a freeze does not.
                _assert_in_time(world)
        except (CrashError, AssertionError, KeyError):
            return True
    return False


def _assert_in_time(world: World) -> None:
    for subscriber in world.table.all():
        phone = subscriber.standing.phone
        assert phone is not None
        for at in world.carrier.published_at.get(phone.e164, []):
            claims = subscriber.standing.claims.values()
            assert all((at - claim.at).total_seconds() <= 2 for claim in claims)


@dataclass(frozen=True)
class CarelessClaims:
    """A claim store that drops conditions."""

    table: SubscriberTable
    checks_consent: bool
    checks_claims: bool

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        current = self.table.get(subscriber.standing.subscriber_key)
        assert current is not None
        standing = current.standing
        if self.checks_consent and standing.stopped_at is not None:
            return ClaimRefused(current)
        if self.checks_claims and claim.campaign_id in standing.claims:
            return ClaimRefused(current)
        claimed = replace(
            standing,
            claims=MappingProxyType({**standing.claims, claim.campaign_id: claim}),
            claims_version=standing.claims_version + 1,
        )
        self.table.put(replace(current, standing=claimed))
        return Claimed()

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        InMemoryClaimStore(self.table).release(subscriber_key, claim)


def careless_world(*, checks_consent: bool, checks_claims: bool) -> World:
    world = World(PEOPLE)
    careless = CarelessClaims(world.table, checks_consent, checks_claims)
    world.claims = LoggedClaims(careless, world.acts, world.table)
    return world


def test_the_protocol_itself_is_not_caught() -> None:
    assert not is_caught(lambda: World(PEOPLE))


def test_a_claim_store_that_keeps_both_conditions_is_not_caught() -> None:
    assert not is_caught(lambda: careless_world(checks_consent=True, checks_claims=True))


def test_a_claim_without_the_consent_condition_is_caught() -> None:
    assert is_caught(lambda: careless_world(checks_consent=False, checks_claims=True))


def test_a_claim_without_the_claims_condition_is_caught() -> None:
    assert is_caught(lambda: careless_world(checks_consent=True, checks_claims=False))


class PublishesFirst(Texting):
    def text(self, ready: Ready, slots: Slots) -> Ended:
        self.sender.send(OutboundText(ready.phone, ready.rendered.body, "early", is_marketing=True))
        self._claim(ready)
        return Ended.UNSETTLED


class IgnoresRefusal(Texting):
    def _claim(self, ready: Ready) -> sending_one.HeldClaim | Ended:
        held = super()._claim(ready)
        if isinstance(held, Ended):
            claim = Claim(
                self.campaign.campaign_id,
                self.campaign.definition.programme_id,
                self.clock.now(),
            )
            return sending_one.HeldClaim(ready, claim, "anyhow", self.clock.monotonic() + 2)
        return held


class PublishesTwice(Texting):
    def _publish(self, held: sending_one.HeldClaim, slots: Slots) -> SendResult:
        super()._publish(held, slots)
        slots.want()
        return super()._publish(held, slots)


class ReleasesAfterPublishing(Texting):
    def text(self, ready: Ready, slots: Slots) -> Ended:
        held = self._claim(ready)
        if isinstance(held, Ended):
            slots.pass_on()
            return held
        result = self._publish(held, slots)
        return self._release(held, result.outcome)


@pytest.mark.parametrize(
    "mutant", [PublishesFirst, IgnoresRefusal, PublishesTwice, ReleasesAfterPublishing]
)
def test_a_worker_that_breaks_the_order_is_caught(
    mutant: type[Texting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "Texting", mutant)
    assert is_caught(lambda: World(PEOPLE))


def test_a_worker_without_a_deadline_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_one, "PUBLISH_WITHIN_SECONDS", 3600.0)
    assert is_caught(lambda: World(PEOPLE))


def test_a_worker_that_forgets_to_look_for_earlier_claims_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EarlierClaims, "settle", lambda *_: None)
    assert is_caught(lambda: World(PEOPLE))


class ReleasesInDoubt(Texting):
    def _record(self, held: sending_one.HeldClaim, result: SendResult) -> None:
        if result.outcome is Outcome.IN_DOUBT:
            self.claims.release(held.ready.subscriber.standing.subscriber_key, held.claim)
        else:
            super()._record(held, result)


def test_a_worker_that_releases_what_may_have_left_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def make() -> World:
        world = World(PEOPLE)
        world.carrier.answers[phone_of(0).e164] = [SendResult(Outcome.IN_DOUBT)]
        return world

    assert not is_caught(make)
    monkeypatch.setattr(sending, "Texting", ReleasesInDoubt)
    assert is_caught(make)


@dataclass(frozen=True)
class RepeatedRelease:
    """A claim store whose client loses the answer of a release and repeats it, after another
    worker has claimed anew, texted and died."""

    inner: ClaimStore
    world: World

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        return self.inner.claim(subscriber, claim, forget)

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        self.inner.release(subscriber_key, claim)
        self.world.claims = self.inner
        calls = calls_of(PEOPLE)
        with suppress(CrashError):
            self.world.send(crash(calls.index("sender.send"), after=True))
        self.inner.release(subscriber_key, claim)


class ReleasesAnyInstant(InMemoryClaimStore):
    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        current = self.table.get(subscriber_key)
        stands = current.standing.claims.get(claim.campaign_id) if current else None
        if stands is not None:
            super().release(subscriber_key, stands)


@pytest.mark.parametrize(
    ("store", "expected"), [(InMemoryClaimStore, False), (ReleasesAnyInstant, True)]
)
def test_a_release_that_ignores_the_instant_is_caught(
    store: type[InMemoryClaimStore], expected: bool
) -> None:
    def make() -> World:
        world = World(PEOPLE)
        world.carrier.answers[phone_of(0).e164] = [SendResult(Outcome.THROTTLED)] * 4
        logged = LoggedClaims(store(world.table), world.acts, world.table)
        world.claims = RepeatedRelease(logged, world)
        return world

    world = make()
    world.send()
    world.clock.advance(40)
    world.send_until_closed()
    texted = [world.published(number) for number in range(PEOPLE)]
    assert (max(texted) > 1) is expected

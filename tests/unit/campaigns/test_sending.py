"""What one attempt at a batch does with each kind of person, answer and interruption."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from assent.campaigns.model import Fate
from assent.campaigns.sending import SendStatus
from assent.consent.model import Claim, Consent, ConsentStatus, Hold, Standing
from assent.errors import TryAgainError
from assent.identifiers import CampaignId, ProgrammeId
from assent.messages.ledger import Outcome, SendResult
from assent.provider_opt_outs.outbox import Notice
from tests.unit.campaigns.faults import CrashError, Faults, crash
from tests.unit.campaigns.world import (
    CAMPAIGN,
    NOON,
    OFFERS,
    World,
    calls_of,
    key_of,
    person,
    phone_of,
)

CONFIRMED = Consent(ConsentStatus.CONFIRMED, 1, NOON)
WITHDRAWN = Consent(ConsentStatus.WITHDRAWN, 2, NOON)
PENDING = Consent(ConsentStatus.PENDING, 1, NOON)


def claims_of(programme_id: ProgrammeId, count: int, *, hours_ago: float) -> object:
    at = NOON - timedelta(hours=hours_ago)
    ids = [CampaignId(f"old_{number}") for number in range(count)]
    return MappingProxyType({i: Claim(i, programme_id, at) for i in ids})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stopped_at": NOON}, "stopped"),
        ({"consents": MappingProxyType({OFFERS: WITHDRAWN})}, "withdrawn"),
        ({"consents": MappingProxyType({OFFERS: PENDING})}, "not_confirmed"),
        ({"consents": MappingProxyType({})}, "not_confirmed"),
        ({"hold": Hold("unclear reply", NOON)}, "held"),
        ({"phone": None}, "no_phone"),
        ({"claims": claims_of(OFFERS, 4, hours_ago=100)}, "frequency_promise"),
    ],
    ids=["stopped", "withdrawn", "pending", "never asked", "held", "erased", "promise used up"],
)
def test_a_person_who_may_not_be_texted_is_suppressed_and_costs_no_claim(
    changes: dict[str, object], reason: str
) -> None:
    world = World(2)
    world.table.put(person(0, **changes))
    assert world.send() is SendStatus.DONE
    assert world.published(0) == 0
    assert world.reasons == {f"suppressed:{reason}": 1}
    assert world.fates == {Fate.SENT: 1, Fate.SUPPRESSED: 1}


def test_a_person_who_is_gone_is_suppressed() -> None:
    world = World(2)
    world.table.remove(key_of(0))
    world.send()
    assert world.reasons == {"suppressed:gone": 1}


def test_a_person_listed_twice_in_a_batch_is_texted_once() -> None:
    world = World(1)
    batch = world.batches[0]
    world.batches[0] = replace(batch, subscriber_keys=batch.subscriber_keys * 2)
    world.send()
    assert world.published(0) == 1
    assert world.reasons == {"suppressed:listed_twice": 1}


def test_missing_data_is_not_renderable_and_costs_no_claim() -> None:
    world = World(2)
    definition = replace(world.campaign.definition, body="Hi {{ first_name }}! Reply STOP to end")
    world.campaigns.replace(replace(world.campaign, definition=definition), expected_version=1)
    world.table.put(replace(person(0), profile={"time_zone": "America/New_York"}))
    assert world.send() is SendStatus.DONE
    assert world.fates == {Fate.SENT: 1, Fate.NOT_RENDERABLE: 1}
    assert world.reasons == {"not_renderable:first_name": 1}
    assert world.published(0) == 0


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        (SendResult(Outcome.SENT, "m-1"), Fate.SENT, None),
        (SendResult(Outcome.REFUSED, reason="invalid"), Fate.REFUSED, "refused:invalid"),
        (SendResult(Outcome.IN_DOUBT, reason="timeout"), Fate.IN_DOUBT, "in_doubt:timeout"),
        (SendResult(Outcome.IN_DOUBT), Fate.IN_DOUBT, "in_doubt:in_doubt"),
    ],
    ids=["accepted", "refused", "timed out", "no reason"],
)
def test_every_answer_of_the_carrier_is_written_down_and_never_asked_again(
    answer: SendResult, fate: Fate, reason: str | None
) -> None:
    world = World(1)
    world.carrier.answers[phone_of(0).e164] = [answer]
    world.survive(Faults())
    assert world.published(0) == 1
    assert world.fates == {fate: 1}
    assert list(world.reasons) == ([reason] if reason else [])
    row = world.ledger.all()[0]
    assert (row.outcome, row.parts) == (answer.outcome, 1)
    assert row.body.startswith("Example Shop")


def test_the_carriers_own_opt_out_withdraws_the_brand() -> None:
    world = World(1)
    refusal = SendResult(Outcome.REFUSED, reason="opted out there", opted_out=True)
    world.carrier.answers[phone_of(0).e164] = [refusal]
    world.send()
    assert world.reasons == {"refused:opted_out": 1}
    assert _standing(world, 0).stopped_at is not None
    event, _ = world.consent_store.history(key_of(0))[-1]
    assert event.source == "provider"


def test_a_refusal_while_the_provider_is_late_to_follow_a_start_withdraws_nothing() -> None:
    world = World(1)
    notice = Notice(key_of(0), _standing(world, 0).seq, world.clock.now())
    world.consent_store.outbox.put(notice)
    refusal = SendResult(Outcome.REFUSED, opted_out=True)
    world.carrier.answers[phone_of(0).e164] = [refusal]
    world.send()
    assert world.reasons == {"refused:opted_out": 1}
    assert _standing(world, 0).stopped_at is None


def test_an_opt_out_lost_in_a_crash_is_recorded_by_the_next_attempt() -> None:
    world = World(1)
    refusal = SendResult(Outcome.REFUSED, opted_out=True)
    world.carrier.answers[phone_of(0).e164] = [refusal]
    faults = Faults()
    world.send(faults)
    at_opt_out = faults.calls.index("opt_outs.record")
    again = World(1)
    again.carrier.answers[phone_of(0).e164] = [refusal]
    failing = Faults(at_opt_out, before=_raise_try_again)
    with pytest.raises(TryAgainError):
        again.send(failing)
    assert _standing(again, 0).stopped_at is None
    again.send()
    assert _standing(again, 0).stopped_at is not None
    assert len(again.consent_store.history(key_of(0))) == 1


def test_a_throttled_text_is_tried_again_under_the_same_claim() -> None:
    world = World(1)
    world.carrier.answers[phone_of(0).e164] = [SendResult(Outcome.THROTTLED)] * 2
    assert world.send() is SendStatus.DONE
    assert world.acts.count(("claim", phone_of(0).e164)) == 1
    assert world.published(0) == 1
    assert world.fates == {Fate.SENT: 1}


def test_another_campaigns_claim_in_between_is_decided_on_again() -> None:
    world = World(1)
    at_claim = calls_of(1).index("claims.claim")
    world.send(Faults(at_claim, before=lambda: _claim_elsewhere(world, "c_2", NOON)))
    assert world.published(0) == 1
    assert _standing(world, 0).claims_version == 2


def test_another_campaigns_claim_in_between_may_use_up_the_promise() -> None:
    world = World(1)
    old = claims_of(OFFERS, 3, hours_ago=100)
    world.table.put(person(0, claims=old, claims_version=3))
    at_claim = calls_of(1).index("claims.claim")
    world.send(Faults(at_claim, before=lambda: _claim_elsewhere(world, "c_2", NOON)))
    assert world.published(0) == 0
    assert world.reasons == {"suppressed:frequency_promise": 1}


def test_a_person_erased_before_the_claim_is_suppressed() -> None:
    world = World(1)
    at_claim = calls_of(1).index("claims.claim")
    world.send(Faults(at_claim, before=lambda: world.table.remove(key_of(0))))
    assert world.reasons == {"suppressed:gone": 1}


def test_an_item_that_never_stands_still_is_left_for_the_next_attempt() -> None:
    world = World(1)

    class Restless:
        def claim(self, *_: object) -> object:
            _claim_elsewhere(world, f"x{world.clock.monotonic()}", NOON - timedelta(days=40))
            return world_claims.claim(*_)  # type: ignore[arg-type]

    world_claims = world.claims
    world.claims = Restless()  # type: ignore[assignment]
    assert world.send() is SendStatus.UNFINISHED
    world.claims = world_claims
    world.survive(Faults())
    assert world.published(0) == 1


def test_old_claims_are_forgotten_with_the_next_one() -> None:
    world = World(1)
    old = claims_of(OFFERS, 2, hours_ago=24 * 46)
    world.table.put(person(0, claims=old, claims_version=2))
    world.send()
    assert list(_standing(world, 0).claims) == [CAMPAIGN]


def test_a_young_claim_without_a_row_is_left_alone_and_an_old_one_is_in_doubt() -> None:
    world = World(1)
    at_publish = calls_of(1).index("sender.send")
    with pytest.raises(CrashError):
        world.send(crash(at_publish, after=True))
    assert world.send() is SendStatus.UNFINISHED
    assert world.ledger.all() == []
    world.clock.advance(30)
    assert world.send() is SendStatus.DONE
    assert world.reasons == {"in_doubt:no_outcome_recorded": 1}
    assert [row.outcome for row in world.ledger.all()] == [Outcome.IN_DOUBT]
    assert world.published(0) == 1


def test_a_row_written_while_the_claim_is_called_in_doubt_wins() -> None:
    world = World(1)
    with pytest.raises(CrashError):
        world.send(crash(calls_of(1).index("sender.send"), after=True))
    world.clock.advance(40)

    def slow_worker_records() -> None:
        claim = _standing(world, 0).claims[CAMPAIGN]
        donor = World(1)
        donor.send()
        world.ledger.record([replace(donor.ledger.all()[0], claimed_at=claim.at)])

    faults = Faults()
    probe = World(1)
    with pytest.raises(CrashError):
        probe.send(crash(calls_of(1).index("sender.send"), after=True))
    probe.clock.advance(40)
    probe.send(faults)
    at_doubt = faults.calls.index("ledger.record_in_doubt")
    assert world.send(Faults(at_doubt, before=slow_worker_records)) is SendStatus.DONE
    assert world.fates == {Fate.SENT: 1}


def test_rows_are_written_every_25_texts_and_after_five_seconds() -> None:
    world = World(60)
    faults = Faults()
    world.send(faults)
    sizes = faults.calls.count("ledger.record")
    assert sizes == 3
    slow = World(2)
    calls = Faults()
    calls.at_call = calls_of(2).index("sender.send")
    calls.after = lambda: slow.clock.advance(6)
    slow.send(calls)
    assert slow.fates == {Fate.SENT: 2}


def test_rows_not_yet_written_are_written_when_a_port_fails() -> None:
    world = World(2)
    second_claim = [n for n, name in enumerate(calls_of(2)) if name == "claims.claim"][1]
    with pytest.raises(TryAgainError):
        world.send(Faults(second_claim, before=_raise_try_again))
    assert [row.outcome for row in world.ledger.all()] == [Outcome.SENT]
    assert world.fates == {}
    world.survive(Faults())
    assert world.fates == {Fate.SENT: 2}


def test_a_ledger_that_fails_leaves_the_batch_for_the_next_attempt() -> None:
    world = World(1)
    at_record = calls_of(1).index("ledger.record")
    with pytest.raises(CrashError):
        world.send(crash(at_record, after=False))
    assert not world.campaigns.is_batch_done(CAMPAIGN, "b0")
    world.clock.advance(40)
    world.survive(Faults())
    assert world.fates == {Fate.IN_DOUBT: 1}
    assert world.published(0) == 1


def _standing(world: World, number: int) -> Standing:
    subscriber = world.table.get(key_of(number))
    assert subscriber is not None
    return subscriber.standing


def _raise_try_again() -> None:
    raise TryAgainError("not now")


def _claim_elsewhere(world: World, campaign: str, at: datetime) -> None:
    subscriber = world.table.get(key_of(0))
    assert subscriber is not None
    claim = Claim(CampaignId(campaign), OFFERS, at)
    standing = replace(
        subscriber.standing,
        claims=MappingProxyType({**subscriber.standing.claims, claim.campaign_id: claim}),
        claims_version=subscriber.standing.claims_version + 1,
    )
    world.table.put(replace(subscriber, standing=standing))

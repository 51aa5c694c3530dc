"""A report of an opt-out is an opt-out event; a lagging provider undoes no START."""

from __future__ import annotations

import json
from typing import Any

from assent.consent.events import Source
from assent.messages.delivery_events import DeliveryStatus, eum_status
from assent.provider_opt_outs.delivered import DeliveryReports
from assent.provider_opt_outs.learning import Learning, Learnt
from tests.unit.provider_opt_outs.world import ANNA, KEYS, World


def report(world: World, number: int = 1, **changed: Any) -> DeliveryStatus:
    event = {
        "eventType": "TEXT_INVALID",
        "messageStatus": "OPTED_OUT",
        "destinationPhoneNumber": ANNA.e164,
        "messageId": f"m-{number}",
        "eventTimestamp": int(world.clock.now().timestamp() * 1000),
        **changed,
    }
    return eum_status(json.dumps(event))


def reports(world: World) -> DeliveryReports:
    learning = Learning(world.consent, KEYS, world.store.outbox, world.clock)
    return DeliveryReports(learning, world.clock)


def test_an_opt_out_is_recorded_once_however_many_texts_tell_of_it() -> None:
    world = World()
    first = report(world)
    found = [reports(world).receive(each) for each in (first, first, report(world, 2))]
    assert found == [Learnt.STOPPED, Learnt.KNOWN, Learnt.KNOWN]
    (event,) = world.opt_outs(ANNA)
    assert (event.source, event.facts["reason"]) == (Source.PROVIDER, "provider_opted_out")


def test_the_report_gives_the_time_of_the_opt_out() -> None:
    world = World()
    told = report(world)
    world.later(hours=3)
    reports(world).receive(told)
    assert world.opt_outs(ANNA)[0].provider_at == told.at


def test_a_recipient_who_blocks_us_is_opted_out_under_that_reason() -> None:
    world = World()
    blocked = report(world, eventType="TEXT_BLOCKED", messageStatus="BLOCKED")
    assert reports(world).receive(blocked) is Learnt.STOPPED
    assert world.opt_outs(ANNA)[0].facts["reason"] == "recipient_blocked"


def test_other_failures_say_nothing_about_consent() -> None:
    world = World()
    for kind in ("TEXT_DELIVERED", "TEXT_SPAM", "TEXT_UNREACHABLE", "TEXT_NEW"):
        found = reports(world).receive(report(world, eventType=kind, messageStatus="X"))
        assert found is None
    assert world.store.history(KEYS.key_of(ANNA)) == []


def test_a_report_without_a_time_counts_as_of_now() -> None:
    world = World()
    assert reports(world).receive(report(world, eventTimestamp=None)) is Learnt.STOPPED
    assert world.opt_outs(ANNA)[0].provider_at == world.clock.now()


def test_while_the_provider_is_still_to_follow_a_start_its_refusals_undo_nothing() -> None:
    world = World(is_sns=True)
    world.texts_stop(ANNA)
    world.texts_start(ANNA)
    assert reports(world).receive(report(world)) is Learnt.RESTORING
    assert not world.is_stopped(ANNA)


def test_a_report_delivered_again_after_a_start_undoes_nothing() -> None:
    world = World(is_sns=True)
    old = report(world)
    reports(world).receive(old)
    world.provider.opt_out(ANNA)
    world.later(minutes=1)
    world.texts_start(ANNA)
    for _ in range(3):
        world.reconcile()
        world.later(hours=2)
    assert list(world.store.outbox.notices()) == []
    assert reports(world).receive(old) is Learnt.KNOWN
    assert not world.is_stopped(ANNA)

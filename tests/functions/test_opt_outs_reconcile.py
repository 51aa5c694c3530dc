"""The hourly run on real wiring: list, standings, notices, metrics, and no number in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws import clients
from assent.clock import SystemClock
from assent.phone import PhoneNumber
from tests.functions.inbound import an_entry, an_event
from tests.functions.output import captured_log
from tests.functions.world import Context, environment, handler_module, sample
from tests.stubs.eum_sms import LIST, EumSms, eum_stub
from tests.stubs.sns_opt_outs import sns_opt_outs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functions.world import World


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Return what was logged and measured since it was asked last."""
    with captured_log():
        yield lambda: capsys.readouterr().out


@pytest.fixture
def listed(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return sns_opt_outs(monkeypatch)


def run(world: World, context: Context | None = None) -> Any:
    return world.invoke("opt_outs_reconcile", sample("opt_outs_reconcile"), context)


def events(world: World, phone: str) -> list[dict[str, Any]]:
    key = world.wire("export_api").keys.key_of(PhoneNumber.stored(phone))
    return [e for e in world.items("ConsentEventsTable") if e["subscriber_key"] == key]


def text(world: World, phone: str, body: str) -> None:
    entry = an_entry(originationNumber=phone, messageBody=body)
    assert world.invoke("inbound_sms", an_event(entry)) == {"batchItemFailures": []}


def counted(out: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in map(json.loads, out.splitlines()):
        for name, value in each.items():
            if isinstance(value, list) and "_aws" in each:
                found[name] = found.get(name, 0) + sum(value)
    return found


def lines(out: str) -> list[dict[str, Any]]:
    found = map(json.loads, out.splitlines())
    return [each for each in found if each.get("message") == "opt_outs_reconciled"]


def test_numbers_that_only_the_provider_knows_are_stopped_once(
    world: World, listed: list[str], output: Callable[[], str]
) -> None:
    phones = ["+14155554001", "+14155554002"]
    listed += phones
    assert [run(world), run(world)] == [{"is_complete": True}] * 2
    for phone in phones:
        assert [(e["type"], e["source"]) for e in events(world, phone)] == [
            ("withdrawn", "provider")
        ]
    out = output()
    metrics = counted(out)
    assert metrics["OptOutDriftProvider"] == 2
    assert metrics["OptOutDriftOurs"] == 0
    assert [each["learnt"] for each in lines(out)] == [{"stopped": 2}, {"known": 2}]
    assert "4155554" not in out


def test_start_takes_the_number_off_the_list_and_leaves_no_notice_behind_in_the_end(
    world: World, listed: list[str]
) -> None:
    phone = "+14155554010"
    listed.append(phone)
    text(world, phone, "STOP")
    text(world, phone, "START")
    assert [e["state"] for e in world.items("OutboxTable")] == ["waiting"]
    run(world)
    assert phone not in listed
    assert [e["state"] for e in world.items("OutboxTable")] == ["settling"]
    assert {e["type"] for e in events(world, phone)} == {"withdrawn", "started"}


def test_sns_takes_no_number_so_the_notice_is_done_with_its_reason(
    world: World, listed: list[str], output: Callable[[], str]
) -> None:
    phone = "+14155554020"
    text(world, phone, "STOP")
    before = len(world.items("OutboxTable"))
    run(world)
    assert len(world.items("OutboxTable")) == before - 1
    assert phone not in listed
    assert [each["told"] for each in lines(output())] == [{"not_supported": 1}]


def test_a_start_that_the_provider_refuses_is_counted_and_named_by_key(
    world: World, listed: list[str], output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assent.aws.sns_opt_outs import SnsOptOutList
    from assent.provider_opt_outs.model import Removed

    phone = "+14155554030"
    listed.append(phone)
    text(world, phone, "STOP")
    text(world, phone, "START")
    monkeypatch.setattr(SnsOptOutList, "remove", lambda *_: Removed.TOO_SOON)
    output()
    run(world)
    run(world)
    out = output()
    assert counted(out)["OptInProviderBlocked"] == 2
    found = map(json.loads, out.splitlines())
    blocked = [each for each in found if each.get("message") == "opt_in_provider_blocked"]
    assert [each["subscriber_key"] for each in blocked] == [
        events(world, phone)[0]["subscriber_key"]
    ]
    assert phone[1:] not in out


def test_little_time_is_enough_to_end_in_order(world: World, listed: list[str]) -> None:
    listed.append("+14155554040")
    assert run(world, Context(milliseconds=1000))["is_complete"] in (True, False)
    assert len(events(world, "+14155554040")) == 1


@pytest.fixture
def eum(world: World) -> Iterator[EumSms]:
    """The same function told of a list of End User Messaging."""
    operations = EumSms(SystemClock())
    module = handler_module("opt_outs_reconcile")
    with (
        eum_stub(operations) as stub,
        environment({"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": stub.url}),
    ):
        for cache in (module.wiring, clients.eum_opt_outs):
            cache.cache_clear()
        world.references["OptOutList"] = LIST
        yield operations
        world.references["OptOutList"] = ""
        for cache in (module.wiring, clients.eum_opt_outs):
            cache.cache_clear()


def test_a_list_of_end_user_messaging_follows_both_ways(world: World, eum: EumSms) -> None:
    eum.opt_out("+14155554050")
    text(world, "+14155554051", "STOP")
    run(world)
    assert len(events(world, "+14155554050")) == 1
    assert "+14155554051" in eum.numbers()

"""The schedule on the real stores: requests end, are recalled once, and erasures are finished."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws.traces import ProofTraces
from assent.clock import SystemClock
from assent.consent.lapsing import Lapsing
from assent.errors import TryAgainError
from assent.identifiers import ProgrammeId
from assent.programmes.model import OptInTerms
from assent.programmes.service import ProgrammeService
from tests.fakes.frozen_clock import FrozenClock
from tests.functions.people import agree
from tests.functions.programmes import DISCLOSURE, draft
from tests.functions.requests import Client
from tests.functions.world import handler_module, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functions.world import World

FUNCTION = "consent_lifecycle"
RECALLS = ProgrammeId("recalls")


class Schedule:
    """Runs the function at times of the test's choice."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._world, self._monkeypatch = world, monkeypatch

    def run(self, **later: float) -> dict[str, int]:
        module = handler_module(FUNCTION)
        clock = FrozenClock(datetime.now(UTC) + timedelta(**later))
        self._monkeypatch.setattr(module, "SystemClock", lambda: clock)
        module.wiring.cache_clear()
        found: dict[str, int] = self._world.invoke(FUNCTION, sample("campaign_reap"))
        return {name: number for name, number in found.items() if number}


@pytest.fixture
def schedule(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Schedule]:
    yield Schedule(world, monkeypatch)
    handler_module(FUNCTION).wiring.cache_clear()


def ask(world: World, phone: str, programme_id: str = "demo") -> None:
    form = {
        "programme_id": programme_id,
        "phone": phone,
        "consent": True,
        "disclosure_version": 1,
        "profile": {"time_zone": "America/New_York"},
    }
    assert Client(world, "consent_api").send("POST", "/v1/opt-ins", form).status == 202


def types(world: World, phone: str) -> list[str]:
    found = Client(world, "export_api", "compliance").get("/v1/consents/history", phone=phone)
    return [each["type"] for each in found.json["items"]]


@pytest.fixture(scope="module")
def recalling(world: World) -> World:
    """A programme that sends reminders beside the demo."""
    store = world.wire("consent_api").programmes
    service = ProgrammeService(store, SystemClock(), ("US", "CA", "GB", "FR"))
    service.create(replace(draft(RECALLS), terms=OptInTerms(sends_reminder=True)))
    service.publish_disclosure(RECALLS, "en", DISCLOSURE)
    return world


def test_a_request_ends_after_its_time_and_only_once(world: World, schedule: Schedule) -> None:
    ask(world, "+12065552601")
    assert schedule.run(hours=71) == {}
    assert schedule.run(hours=73) == {"expired": 1}
    assert schedule.run(hours=74) == {}
    assert types(world, "+12065552601") == ["requested", "confirmation_texted", "expired"]


def test_who_confirmed_is_passed_by(world: World, schedule: Schedule) -> None:
    agree(world, "+12065552603")
    schedule.run(days=100)
    assert "expired" not in types(world, "+12065552603")


def test_an_erasure_that_was_cut_short_is_finished(
    world: World, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = "+12065552604"
    agree(world, phone)
    desk = Client(world, "consent_staff", "compliance")

    def busy(*_: Any) -> None:
        message = "busy"
        raise TryAgainError(message)

    with monkeypatch.context() as patch:
        patch.setattr(ProofTraces, "forget", busy)
        body = {"phone": phone, "reason": "asked"}
        assert desk.send("POST", "/v1/erasures", body).status == 503
    assert schedule.run(minutes=15)["erased"] == 1
    found = Client(world, "export_api", "compliance").get("/v1/consents/history", phone=phone)
    assert [each["evidence"] is None for each in found.json["items"]] == [True, True, True, False]


def test_a_run_in_which_something_failed_is_told_to_have_failed(
    world: World, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(world, "+12065552605")
    ask(world, "+12065552606")
    real = Lapsing.expire

    def sometimes(self: Lapsing, key: Any, programme_id: Any) -> bool:
        if not failures:
            failures.append(key)
            message = "busy"
            raise TryAgainError(message)
        return real(self, key, programme_id)

    failures: list[Any] = []
    monkeypatch.setattr(Lapsing, "expire", sometimes)
    with pytest.raises(TryAgainError, match="1 entries"):
        schedule.run(hours=80)
    assert schedule.run(hours=81)["expired"] >= 1
    for phone in ("+12065552605", "+12065552606"):
        assert types(world, phone)[-1] == "expired"


# Last, since its text books the pace of a day that is still to come.
def test_a_request_is_recalled_once_within_legal_hours(
    recalling: World, schedule: Schedule
) -> None:
    phone = "+12125552602"
    ask(recalling, phone, RECALLS)
    found: list[dict[str, int]] = [schedule.run(hours=24 + n) for n in range(40)]
    assert sum(each.get("reminded", 0) for each in found) == 1
    confirmation, reminder = recalling.texts(phone)
    assert "YES" in reminder
    assert reminder != confirmation
    assert types(recalling, phone).count("reminded") == 1

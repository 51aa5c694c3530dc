"""What is over is deleted by its rule, slice by slice; opt-outs never are, and a hold keeps all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from assent.consent.erasing import Erasing
from assent.consent.events import EventType
from assent.consent.model import Consent, ConsentStatus, Standing
from assent.consent.restricting import Restricting
from assent.errors import SettingsError
from assent.identifiers import ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber
from assent.rights.holding import Holding
from assent.rights.reports import ReportKind
from assent.rights.retention import (
    FormerPeople,
    Retention,
    Rule,
    Swept,
    is_over,
    rules_of,
    shipped,
)
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_export_sources import InMemoryPeople
from tests.fakes.in_memory_ledger_marks import InMemoryKeptTexts
from tests.fakes.in_memory_report_store import InMemoryReportStore
from tests.unit.consent.people import KEY, OFFERS, World

VIP = ProgrammeId("vip")
LONG_AGO = NOON - timedelta(days=100)
PHONE = PhoneNumber.stored("+16125550103")


def former(days: int | None = 90, **of_programme: int) -> Rule:
    return Rule("former_people", days, "job", "", "", "", of_programme)


def left(status: ConsentStatus = ConsentStatus.WITHDRAWN, name: ProgrammeId = OFFERS) -> Standing:
    return Standing(SubscriberKey("k1"), PHONE, consents={name: Consent(status, 2, LONG_AGO)})


@pytest.mark.parametrize(
    ("standing", "rule", "over"),
    [
        (left(), former(), True),
        (left(), former(101), False),
        (left(ConsentStatus.EXPIRED), former(), True),
        (left(ConsentStatus.CONFIRMED), former(), False),
        (left(ConsentStatus.PENDING), former(), False),
        (replace(left(), phone=None), former(), False),
        (Standing(SubscriberKey("k1"), PHONE, stopped_at=LONG_AGO), former(), True),
        (Standing(SubscriberKey("k1"), PHONE), former(), False),
        (replace(left(), stopped_at=NOON), former(), False),
        (left(name=VIP), former(vip=3650), False),
        (left(), former(vip=3650), True),
    ],
    ids=[
        "left long ago",
        "left, and not long enough",
        "never answered",
        "still on",
        "still asked",
        "erased before",
        "stopped without ever signing up",
        "nothing ever ended",
        "stopped lately",
        "a programme that keeps longer",
        "another programme that keeps longer",
    ],
)
def test_who_is_over(standing: Standing, rule: Rule, *, over: bool) -> None:
    assert is_over(standing, rule, NOON) is over


def sweep(world: World) -> Swept:
    people = InMemoryPeople([world.standing])
    former_people = FormerPeople(people, Erasing(world.service), InMemoryKeptTexts())
    return former_people.sweep(former(), world.clock.now(), None)


def test_a_former_person_is_erased_and_stays_opted_out() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.later(minutes=1))
    world.later(days=91)
    assert sweep(world) == Swept(1, 0, None)
    assert world.standing.phone is None
    assert world.standing.stopped_at is not None
    assert world.status() is ConsentStatus.WITHDRAWN
    assert world.types[-1] is EventType.ERASED
    assert sweep(world) == Swept(0, 0, None)


def test_under_a_legal_hold_nothing_of_a_former_person_goes() -> None:
    world = World()
    world.confirmed_to(OFFERS)
    world.stop(world.later(minutes=1))
    texts = InMemoryKeptTexts()
    holding = Holding(Restricting(world.service), texts)
    assert holding.hold(KEY, {"actor": "c", "reason": "claim"}, is_on=True)
    world.later(days=91)
    assert texts.kept == {KEY}
    assert sweep(world) == Swept(0, 1, None)
    assert world.standing.phone is not None
    assert EventType.ERASURE_QUEUED not in world.types
    holding.hold(KEY, {"actor": "c", "reason": "over"}, is_on=False)
    assert texts.kept == set()
    assert sweep(world) == Swept(1, 0, None)


@dataclass
class Slices:
    """A `Sweep` of three slices that takes as long as it is told."""

    clock: FrozenClock
    seconds: int = 0
    cursors: list[str | None] = field(default_factory=list)

    def sweep(self, rule: Rule, now: datetime, cursor: str | None) -> Swept:
        self.cursors.append(cursor)
        self.clock.advance(timedelta(seconds=self.seconds))
        following = {None: "1", "1": "2", "2": None}[cursor]
        return Swept(10, 1, following)


def retention(clock: FrozenClock, slices: Slices) -> tuple[Retention, InMemoryReportStore]:
    reports = InMemoryReportStore()
    kinds = [rule.kind for rule in shipped() if rule.by == "job"]
    return Retention(shipped(), dict.fromkeys(kinds, slices), reports, clock), reports


def test_a_pass_goes_through_each_rule_once_a_day_and_counts_what_went() -> None:
    clock = FrozenClock()
    slices = Slices(clock)
    job, reports = retention(clock, slices)
    for _ in range(2):
        assert job.run(clock.now() + timedelta(minutes=4))
    assert slices.cursors == [None, "1", "2"] * 3
    page, _ = reports.page(ReportKind.RETENTION, limit=9)
    day = clock.now().date().isoformat()
    assert {report_id: r["deleted"] for report_id, r in page} == {
        f"{day}#{kind}": 30 for kind in ("former_people", "inbox", "quarantine")
    }
    clock.advance(timedelta(days=1))
    assert job.run(clock.now() + timedelta(minutes=4))
    assert len(slices.cursors) == 18


def test_a_pass_that_runs_out_of_time_goes_on_where_it_was_even_the_day_after() -> None:
    clock = FrozenClock()
    slices = Slices(clock, seconds=60)
    job, _ = retention(clock, slices)
    assert not job.run(clock.now() + timedelta(seconds=90))
    clock.advance(timedelta(days=1))
    assert not job.run(clock.now() + timedelta(seconds=90))
    assert slices.cursors == [None, "1", "2", None]


def test_the_stack_changes_days_of_the_jobs_rules() -> None:
    rules = {rule.kind: rule for rule in rules_of("inbox=180, former_people/vip=3650")}
    assert rules["inbox"].days == 180
    assert rules["former_people"].of_programme == {"vip": 3650}
    assert rules_of("") == shipped()


@pytest.mark.parametrize("text", ["opt_outs=30", "texts=1", "none=3", "inbox", "inbox=-1"])
def test_no_parameter_deletes_an_opt_out_or_changes_what_the_job_does_not_do(text: str) -> None:
    with pytest.raises(SettingsError):
        rules_of(text)


def test_every_rule_says_why_and_by_which_source() -> None:
    assert all(rule.what and rule.basis and rule.source for rule in shipped())
    assert {rule.kind for rule in shipped() if rule.by == "never"} == {"opt_outs", "events"}

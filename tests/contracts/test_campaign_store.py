from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.audience import rules
from assent.aws.campaign_store import DynamoCampaignStore
from assent.campaigns.model import (
    BatchResult,
    Brake,
    Campaign,
    CampaignStatus,
    Definition,
    Fate,
    Frozen,
    Progress,
    QuietHours,
    Release,
    SlicePlan,
    Variant,
)
from assent.errors import AlreadyExistsError, CampaignNotFoundError, ChangedMeanwhileError
from assent.identifiers import CampaignId, SegmentId
from tests.contracts.examples import OFFERS
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.campaigns.model import CampaignStore
    from tests.contracts.template_tables import TemplateTables
    from tests.fakes.frozen_clock import FrozenClock

ONE, TWO = CampaignId("c_1"), CampaignId("c_2")
RULE = rules.parse({"field": "region", "op": "eq", "value": "WA"})
LATER = NOON + timedelta(minutes=1)
MINUTE = int(NOON.timestamp() // 60)


@pytest.fixture(params=["fake", "aws"])
def store(request: pytest.FixtureRequest, clock: FrozenClock) -> CampaignStore:
    if request.param == "fake":
        return InMemoryCampaignStore()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoCampaignStore(client, tables.name("CampaignsTable"), clock)


def campaign(campaign_id: CampaignId = ONE, minute: int = 0) -> Campaign:
    return Campaign(
        campaign_id,
        Definition("Black Friday", OFFERS, SegmentId("s_1"), "Hi {{ first_name }}"),
        CampaignStatus.DRAFT,
        created_at=NOON + timedelta(minutes=minute),
        created_by="maria",
    )


def running() -> Campaign:
    return replace(
        campaign(),
        definition=replace(
            campaign().definition,
            quiet_hours=QuietHours.OVERRIDE,
            quiet_hours_reason="flood warning",
            hold_out_percent=5,
            locale="en",
            others={"fr": "Salut"},
            template="t_1@2",
            hours=("10:00", "18:00"),
            variants=(Variant("A", 2, "One", {"fr": "Un"}), Variant("B", 1, "Two")),
        ),
        status=CampaignStatus.RUNNING,
        run=2,
        execution_id="arn:aws:states:…",
        frozen=Frozen(RULE, 8, NOON, NOON + timedelta(days=30), slices=4, batch_size=100),
    )


def plan(slice_number: int = 0) -> SlicePlan:
    releases = (
        Release(NOON, "c_1/r1/s0-a.json", batches=2, candidates=150),
        Release(NOON + timedelta(hours=9), "c_1/r1/s0-b.json", batches=1, candidates=7),
    )
    return SlicePlan(slice_number, releases, held_out=3, excluded={"no_consent": 40, "rule": 9})


def result(batch_id: str = "s0-0001", sent: int = 90) -> BatchResult:
    fates = {Fate.SENT: sent, Fate.SUPPRESSED: 8, Fate.IN_DOUBT: 2}
    reasons, variants = {"suppressed:withdrawn": 8}, {"A:sent": sent - 1, "B:sent": 1}
    return BatchResult(batch_id, fates, reasons, parts_sent=2 * sent, variants=variants)


def test_a_campaign_comes_back_whole(store: CampaignStore) -> None:
    store.create(running())
    assert store.campaign(ONE) == running()


def test_an_unknown_campaign_is_not_found(store: CampaignStore) -> None:
    with pytest.raises(CampaignNotFoundError):
        store.campaign(ONE)


def test_an_id_is_taken_once(store: CampaignStore) -> None:
    store.create(campaign())
    with pytest.raises(AlreadyExistsError):
        store.create(replace(campaign(), created_by="other"))
    assert store.campaign(ONE) == campaign()


def test_replacing_raises_the_version(store: CampaignStore) -> None:
    store.create(campaign())
    written = store.replace(running(), expected_version=1)
    assert written == replace(running(), version=2)
    assert store.campaign(ONE) == written


def test_of_two_who_replace_the_same_version_one_is_refused(store: CampaignStore) -> None:
    store.create(campaign())
    store.replace(running(), expected_version=1)
    with pytest.raises(ChangedMeanwhileError):
        store.replace(campaign(), expected_version=1)
    with pytest.raises(ChangedMeanwhileError):
        store.replace(campaign(TWO), expected_version=1)
    assert store.campaign(ONE).status is CampaignStatus.RUNNING


def test_campaigns_are_listed_newest_first_and_by_status(store: CampaignStore) -> None:
    store.create(campaign())
    store.create(campaign(TWO, minute=5))
    store.replace(running(), expected_version=1)
    assert [c.campaign_id for c in store.campaigns()] == [TWO, ONE]
    assert [c.campaign_id for c in store.campaigns(CampaignStatus.RUNNING)] == [ONE]
    assert [c.campaign_id for c in store.campaigns(CampaignStatus.DRAFT)] == [TWO]
    assert list(store.campaigns(CampaignStatus.PAUSED)) == []


def test_before_planning_all_counts_are_zero(store: CampaignStore) -> None:
    assert store.progress(ONE) == Progress()
    assert store.plan(ONE, 0) is None


def test_a_plan_is_stored_whole_and_counted(store: CampaignStore) -> None:
    assert store.record_plan(ONE, plan()) == plan()
    assert store.plan(ONE, 0) == plan()
    assert store.progress(ONE) == Progress(
        planned=160,
        batches=3,
        slices_planned=1,
        fates={Fate.HELD_OUT: 3},
        excluded={"no_consent": 40, "rule": 9},
    )


def test_a_slice_that_is_planned_again_gets_the_first_plan_and_counts_once(
    store: CampaignStore,
) -> None:
    store.record_plan(ONE, plan())
    again = SlicePlan(0, (), held_out=99)
    assert store.record_plan(ONE, again) == plan()
    assert store.progress(ONE).planned == 160
    store.record_plan(ONE, SlicePlan(1, (), held_out=0))
    assert store.progress(ONE).slices_planned == 2
    assert store.progress(ONE).planned == 160


def test_batches_add_up(store: CampaignStore) -> None:
    assert not store.is_batch_done(ONE, "s0-0001")
    assert store.record_batch(ONE, result(), NOON)
    assert store.record_batch(ONE, result("s0-0002", sent=10), LATER)
    assert store.is_batch_done(ONE, "s0-0001")
    assert store.progress(ONE) == Progress(
        batches_done=2,
        fates={Fate.SENT: 100, Fate.SUPPRESSED: 16, Fate.IN_DOUBT: 4},
        reasons={"suppressed:withdrawn": 16},
        variants={"A:sent": 98, "B:sent": 2},
        parts_sent=200,
        first_sent_at=NOON,
        last_sent_at=LATER,
        recent={MINUTE: 180, MINUTE + 1: 20},
    )


def test_a_batch_counts_once_however_often_it_is_recorded(store: CampaignStore) -> None:
    store.record_batch(ONE, result(), NOON)
    assert not store.record_batch(ONE, result(sent=55), LATER)
    assert store.progress(ONE).fates[Fate.SENT] == 90
    assert store.progress(ONE).last_sent_at == NOON


def test_half_a_batch_is_counted_and_then_only_the_rest(store: CampaignStore) -> None:
    half = BatchResult("b", {Fate.SENT: 3, Fate.SUPPRESSED: 1}, {}, 3, is_done=False)
    whole = BatchResult("b", {Fate.SENT: 7, Fate.CANCELLED: 1}, {"cancelled:x": 1}, 7)
    assert store.batch(ONE, "b") is None
    assert store.record_batch(ONE, half, NOON)
    assert store.batch(ONE, "b") == half
    assert not store.is_batch_done(ONE, "b")
    assert store.progress(ONE).batches_done == 0
    assert store.record_batch(ONE, whole, LATER, half)
    assert store.batch(ONE, "b") == whole
    progress = store.progress(ONE)
    assert {fate: n for fate, n in progress.fates.items() if n} == whole.fates
    assert (progress.parts_sent, progress.batches_done) == (7, 1)
    assert progress.recent == {MINUTE: 3, MINUTE + 1: 4}


def test_a_batch_in_which_nobody_has_a_fate_yet_is_recorded_and_adds_nothing(
    store: CampaignStore,
) -> None:
    before = store.progress(ONE)
    assert store.record_batch(ONE, BatchResult("b", {}, {}, 0, is_done=False), NOON)
    assert not store.is_batch_done(ONE, "b")
    assert replace(store.progress(ONE), recent=before.recent) == before


def test_of_two_who_record_a_batch_on_the_same_footing_one_is_refused(store: CampaignStore) -> None:
    half = BatchResult("b", {Fate.SENT: 3}, {}, 3, is_done=False)
    store.record_batch(ONE, half, NOON)
    assert store.record_batch(ONE, BatchResult("b", {Fate.SENT: 5}, {}, 5), LATER, half)
    assert not store.record_batch(ONE, BatchResult("b", {Fate.SENT: 6}, {}, 6), LATER, half)
    assert not store.record_batch(ONE, BatchResult("b", {Fate.SENT: 6}, {}, 6), LATER)
    assert store.progress(ONE).fates == {Fate.SENT: 5}


def test_minutes_long_past_are_dropped(store: CampaignStore) -> None:
    for number in range(20):
        at = NOON + timedelta(minutes=number)
        store.record_batch(ONE, BatchResult(f"b{number}", {Fate.SENT: 1}, {}, 1), at)
    recent = store.progress(ONE).recent
    assert recent[MINUTE + 19] == recent[MINUTE + 18] == 1


def test_the_brake_is_pulled_once_and_let_go_once(store: CampaignStore) -> None:
    assert store.brake() is None
    first = Brake(NOON, "maria")
    assert store.pull_brake(first) == first
    assert store.pull_brake(Brake(LATER, "jo")) == first
    assert store.brake() == first
    assert store.campaigns() == []
    assert store.release_brake()
    assert not store.release_brake()
    assert store.brake() is None


def test_a_batch_that_sent_nothing_has_no_sending_time(store: CampaignStore) -> None:
    store.record_batch(ONE, BatchResult("b", {Fate.CANCELLED: 4}, {}, 0), NOON)
    progress = store.progress(ONE)
    assert (progress.first_sent_at, progress.last_sent_at) == (None, None)
    assert progress.fates == {Fate.CANCELLED: 4}


def test_campaigns_do_not_share_counters(store: CampaignStore) -> None:
    store.record_batch(ONE, result(), NOON)
    assert store.progress(TWO) == Progress()
    assert not store.is_batch_done(TWO, "s0-0001")
    assert store.record_batch(TWO, result(), NOON)


def test_decisions_are_appended_beside_the_campaign(store: CampaignStore) -> None:
    store.create(campaign())
    store.log(ONE, NOON, "maria", "drafted")
    store.log(ONE, NOON, "maria", "launched")
    assert store.campaign(ONE) == campaign()
    assert [c.campaign_id for c in store.campaigns()] == [ONE]


def test_every_decision_is_kept(
    dynamodb: DynamoDBClient, tables: TemplateTables, clock: FrozenClock
) -> None:
    name = tables.name("CampaignsTable")
    store = DynamoCampaignStore(dynamodb, name, clock)
    for actor, decision in (("maria", "paused"), ("jo", "paused"), ("jo", "resumed")):
        store.log(ONE, NOON, actor, decision)
    assert dynamodb.scan(TableName=name)["Count"] == 3

"""Flows and people's ways through them: what is conditional, what is counted, what is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assent.aws.agenda import DynamoAgenda
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.enrolment_store import DynamoEnrolmentStore
from assent.aws.flow_store import DynamoFlowStore
from assent.campaigns.model import BatchResult, Fate
from assent.errors import AlreadyExistsError, ChangedMeanwhileError, FlowNotFoundError
from assent.flows.model import (
    Counted,
    Enrolment,
    Flow,
    FlowStatus,
    FlowStep,
    Occasion,
    Plan,
    Sweep,
    Trigger,
)
from assent.identifiers import CampaignId, FlowId, ProgrammeId, SubscriberKey
from tests.fakes.frozen_clock import NOON, FrozenClock
from tests.fakes.in_memory_flows import InMemoryEnrolmentStore, InMemoryFlowStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.contracts.template_tables import TemplateTables

FLOW, KEY = FlowId("f_1"), SubscriberKey("k1_1")
STEPS = (
    FlowStep(0, "Hello", "en", {"fr": "Bonjour"}, "t_1@2"),
    FlowStep(24, "Again"),
)
PLAN = Plan("Thanks", ProgrammeId("offers"), Trigger(Occasion.INACTIVITY, 30), STEPS, "visit", 60)
DRAFT = Flow(FLOW, PLAN, FlowStatus.DRAFT, NOON, "ada")
NEW = Enrolment(FLOW, KEY, 1, NOON, 0, NOON, NOON)
SENT = BatchResult("f_1.1.1", {Fate.SENT: 1}, {}, 2)


@dataclass(frozen=True)
class Stores:
    flows: Any
    enrolments: Any


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        flows = InMemoryFlowStore()
        return Stores(flows, InMemoryEnrolmentStore(flows))
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    campaigns = tables.name("CampaignsTable")
    enrolments = DynamoEnrolmentStore(client, tables.name("ControlTable"), campaigns, FrozenClock())
    return Stores(DynamoFlowStore(client, campaigns), enrolments)


def test_a_flow_is_read_as_it_was_written(stores: Stores) -> None:
    stores.flows.create(DRAFT)
    assert stores.flows.flow(FLOW) == DRAFT
    assert stores.flows.flows() == [DRAFT]
    with pytest.raises(AlreadyExistsError):
        stores.flows.create(DRAFT)


def test_an_unknown_flow_is_named_as_such(stores: Stores) -> None:
    with pytest.raises(FlowNotFoundError):
        stores.flows.flow(FLOW)


def test_a_flow_is_replaced_only_in_the_version_that_was_read(stores: Stores) -> None:
    stores.flows.create(DRAFT)
    active = replace(DRAFT, status=FlowStatus.ACTIVE, activated_at=NOON)
    written = stores.flows.replace(active, expected_version=1)
    assert written == replace(active, version=2) == stores.flows.flow(FLOW)
    with pytest.raises(ChangedMeanwhileError):
        stores.flows.replace(active, expected_version=1)


def test_the_newest_flow_is_listed_first(stores: Stores) -> None:
    stores.flows.create(DRAFT)
    later = replace(DRAFT, flow_id=FlowId("f_0"), created_at=NOON + timedelta(hours=1))
    stores.flows.create(later)
    assert [each.flow_id for each in stores.flows.flows()] == ["f_0", "f_1"]


def test_a_links_id_leads_to_its_step(stores: Stores) -> None:
    stores.flows.lead(CampaignId("c_1"), FLOW, 1)
    stores.flows.lead(CampaignId("c_1"), FLOW, 1)
    assert stores.flows.led(CampaignId("c_1")) == (FLOW, 1)
    assert stores.flows.led(CampaignId("c_2")) is None


def test_an_entry_is_written_once_and_counted_once(stores: Stores) -> None:
    assert stores.enrolments.enrol(NEW, None)
    assert not stores.enrolments.enrol(replace(NEW, entry=9), None)
    assert stores.enrolments.enrolment(FLOW, KEY) == NEW
    assert stores.flows.totals(FLOW).entered == 1


def test_a_second_entry_takes_the_place_of_the_first(stores: Stores) -> None:
    stores.enrolments.enrol(NEW, None)
    again = replace(NEW, entry=2, version=2)
    assert stores.enrolments.enrol(again, NEW)
    assert not stores.enrolments.enrol(replace(again, entry=3, version=2), NEW)
    assert stores.enrolments.enrolment(FLOW, KEY) == again
    assert stores.flows.totals(FLOW).entered == 2


def test_a_change_is_made_only_to_what_was_read(stores: Stores) -> None:
    stores.enrolments.enrol(NEW, None)
    moved = replace(NEW, due_at=NOON + timedelta(hours=1), version=2)
    assert stores.enrolments.replace(moved, NEW)
    assert not stores.enrolments.replace(moved, NEW)
    assert stores.enrolments.enrolment(FLOW, KEY) == moved


def test_what_a_text_came_to_is_kept_and_counted_for_its_step(stores: Stores) -> None:
    stores.enrolments.enrol(NEW, None)
    done = replace(NEW, result=SENT, version=2)
    counted = Counted(result=SENT, step=1, at=NOON)
    assert stores.enrolments.replace(done, NEW, counted)
    assert not stores.enrolments.replace(done, NEW, counted)
    assert stores.enrolments.enrolment(FLOW, KEY) == done
    step = stores.flows.totals(FLOW).of_step(1)
    assert (dict(step.fates), step.parts_sent, step.last_sent_at) == ({Fate.SENT: 1}, 2, NOON)
    assert not stores.flows.totals(FLOW).of_step(0).fates


def test_an_end_is_counted_by_its_reason_and_is_due_no_more(stores: Stores) -> None:
    stores.enrolments.enrol(NEW, None)
    ended = replace(NEW, ended="goal", due_at=None, version=2)
    assert stores.enrolments.replace(ended, NEW, Counted(ended="goal"))
    assert not stores.enrolments.replace(ended, NEW, Counted(ended="goal"))
    totals = stores.flows.totals(FLOW)
    assert (dict(totals.ended), totals.under_way) == ({"goal": 1}, 0)
    assert list(stores.enrolments.due(FLOW, NOON + timedelta(days=999))) == []


def test_people_of_a_flow_are_due_from_their_instant_on(stores: Stores) -> None:
    people = [replace(NEW, subscriber_key=SubscriberKey(f"k1_{n}")) for n in range(7)]
    for each in people:
        stores.enrolments.enrol(each, None)
    stores.enrolments.enrol(replace(NEW, flow_id=FlowId("f_2")), None)
    assert list(stores.enrolments.due(FLOW, NOON - timedelta(seconds=1))) == []
    found = list(stores.enrolments.due(FLOW, NOON))
    assert sorted(each.subscriber_key for each in found) == [f"k1_{n}" for n in range(7)]


def test_the_daily_look_moves_on_only_from_where_it_was_read(stores: Stores) -> None:
    assert stores.enrolments.sweep() == Sweep()
    first = Sweep("2026-11-23", 3, 1)
    assert stores.enrolments.move(first, Sweep())
    assert not stores.enrolments.move(first, Sweep())
    assert stores.enrolments.move(replace(first, next_slice=2), first)
    assert stores.enrolments.sweep() == Sweep("2026-11-23", 3, 2)


def test_neither_the_agenda_nor_a_list_of_campaigns_meets_a_flow(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    """So the lifecycle, the reaper and the panic stop's listing leave them alone."""
    campaigns, control = tables.name("CampaignsTable"), tables.name("ControlTable")
    clock = FrozenClock()
    DynamoFlowStore(dynamodb, campaigns).create(DRAFT)
    DynamoEnrolmentStore(dynamodb, control, campaigns, clock).enrol(NEW, None)
    assert list(DynamoAgenda(dynamodb, control).due(NOON + timedelta(days=1))) == []
    assert DynamoCampaignStore(dynamodb, campaigns, clock).campaigns() == []

"""A flow is checked as a campaign is rehearsed, and its status changes only as is permitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assent.campaigns.model import CampaignStatus
from assent.campaigns.personal_links import SampleLinks
from assent.campaigns.stopping import Stopping
from assent.errors import (
    ChangedMeanwhileError,
    IllegalTransitionError,
    InputError,
    InvalidTextError,
    RuleBrokenError,
    SendingStoppedError,
)
from assent.flows.as_campaign import link_id_of
from assent.flows.checks import FlowChecks
from assent.flows.following import CampaignsAndFlows
from assent.flows.model import FlowStatus, FlowStep, Occasion, Plan, Trigger
from assent.flows.service import FlowService
from assent.programmes.model import Disclosure
from tests.unit.campaigns.world import NOON, OFFERS, PROGRAMME
from tests.unit.flows.world import FlowWorld, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.identifiers import FlowId

WORDING = (
    "I agree to receive recurring automated marketing texts from Example Shop, up to 4 msgs/month. "
    "Consent is not a condition of any purchase. Msg & data rates may apply. Reply STOP to cancel, "
    "HELP for help. Terms: https://t Privacy: https://p"
)


class Desk:
    def __init__(self, *, is_published: bool = True) -> None:
        self.world = FlowWorld()
        if is_published:
            self.world.programmes.publish(Disclosure(OFFERS, "en", 1, WORDING, NOON))
        checks = FlowChecks(self.world.programmes, SampleLinks("https://sms.example"))
        world = self.world
        self.service = FlowService(world.flows, world.campaigns, checks, world.clock, world.ids)

    def draft(self, flow_plan: Plan | None = None) -> FlowId:
        return self.service.draft(flow_plan or plan(), "ada").flow_id


def test_a_flow_goes_from_draft_to_its_end() -> None:
    desk = Desk()
    flow_id = desk.draft()
    acts: list[Callable[[FlowId, str], object]] = [
        desk.service.activate,
        desk.service.pause,
        desk.service.activate,
        desk.service.end,
    ]
    statuses = []
    for act in acts:
        act(flow_id, "ada")
        statuses.append(desk.service.flow(flow_id).status.value)
    assert statuses == ["active", "paused", "active", "ended"]
    assert [did for _, _, did in desk.world.flows.decisions] == [
        "drafted",
        "activated",
        "paused",
        "activated",
        "ended",
    ]
    for act in acts:
        with pytest.raises(IllegalTransitionError):
            act(flow_id, "ada")


def test_only_a_draft_can_be_edited_and_only_as_it_was_read() -> None:
    desk = Desk()
    flow_id = desk.draft()
    desk.service.edit(flow_id, plan(5), 1, "ben")
    with pytest.raises(ChangedMeanwhileError):
        desk.service.edit(flow_id, plan(6), 1, "ada")
    desk.service.activate(flow_id, "ada")
    with pytest.raises(IllegalTransitionError):
        desk.service.edit(flow_id, plan(7), 3, "ada")
    assert desk.service.flow(flow_id).plan.steps[0].after_hours == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (plan(name=" "), "name"),
        (plan(*[1] * 9), "steps"),
        (plan(-1), "steps"),
        (plan(steps=()), "steps"),
        (plan(goal="reply"), "goal"),
        (plan(re_entry_days=44), "re_entry_days"),
        (plan(trigger=Trigger(Occasion.INACTIVITY)), "trigger"),
        (plan(trigger=Trigger(Occasion.VISIT, 3)), "trigger"),
    ],
    ids=["name", "many", "before", "none", "goal", "re_entry", "no_days", "days"],
)
def test_a_plan_that_cannot_be_is_refused_by_its_field(wrong: Plan, field: str) -> None:
    with pytest.raises(InputError) as refused:
        Desk().draft(wrong)
    assert refused.value.field == field


def test_words_that_no_campaign_could_send_are_refused() -> None:
    with pytest.raises(InvalidTextError):
        Desk().draft(plan(steps=(FlowStep(0, "Hi {{ nickname }}"),)))


def test_a_check_shows_each_text_as_somebody_unknown_would_get_it() -> None:
    desk = Desk()
    steps = (
        FlowStep(0, "Thanks, {{ first_name | default('friend') }}"),
        FlowStep(1, "Dear {{ first_name }}…", "en", {"fr": "Bonjour"}),
    )
    checked = desk.service.check(desk.draft(plan(steps=steps)))
    first, second, french = checked.steps
    assert first.text == "Example Shop: Thanks, friend. Reply STOP to end" or first.text
    assert (first.adds_brand, first.adds_opt_out, first.parts) == (True, True, 1)
    assert (second.text, second.missing) == (None, ("first_name",))
    assert french.locale == "fr"
    assert checked.errors == ()
    assert [note.code for note in checked.warnings] == ["needs_data"]


def test_a_link_to_a_foreign_host_and_a_text_in_ucs_2_are_warned_of() -> None:
    desk = Desk()
    steps = (FlowStep(0, "Sale “now”: https://else.example/a"),)
    codes = {note.code for note in desk.service.check(desk.draft(plan(steps=steps))).warnings}
    assert codes == {"link_to_other_host", "text_forces_ucs2"}


def test_a_programme_without_a_published_wording_cannot_activate_a_flow() -> None:
    desk = Desk(is_published=False)
    with pytest.raises(RuleBrokenError):
        desk.service.activate(desk.draft(), "ada")


def test_nothing_is_activated_while_everything_is_stopped() -> None:
    desk = Desk()
    flow_id = desk.draft()
    desk.world.pull_brake()
    with pytest.raises(SendingStoppedError):
        desk.service.activate(flow_id, "ada")
    assert desk.service.flow(flow_id).status is FlowStatus.DRAFT


def test_the_panic_stop_pauses_flows_too_and_its_release_lets_none_go_on_by_itself() -> None:
    desk = Desk()
    flow_id = desk.draft()
    desk.service.activate(flow_id, "ada")
    draft = desk.draft()
    stopping = Stopping(desk.world.campaigns, desk.world.clock, desk.service)
    stopping.stop_all("ben")
    stopping.release("ben")
    assert desk.service.flow(flow_id).status is FlowStatus.PAUSED
    assert desk.service.flow(draft).status is FlowStatus.DRAFT
    assert (flow_id, "ben", "paused: everything was stopped") in desk.world.flows.decisions


def test_a_tracked_link_leads_to_its_steps_target_also_after_the_end() -> None:
    desk = Desk()
    steps = (FlowStep(0, "One"), FlowStep(1, "{{ 'https://t.example/a' | link }}"))
    flow_id = desk.draft(plan(steps=steps))
    desk.service.activate(flow_id, "ada")
    desk.service.end(flow_id, "ada")
    found = CampaignsAndFlows(desk.world.campaigns, desk.world.flows)
    linked = found.campaign(link_id_of(flow_id, 1))
    assert linked.definition.body == steps[1].body
    assert linked.definition.programme_id == PROGRAMME.programme_id
    assert linked.status is CampaignStatus.RUNNING

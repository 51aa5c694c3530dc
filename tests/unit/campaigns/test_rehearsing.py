"""What a rehearsal counts, what it forbids, and that it changes nothing about anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from assent.campaigns.clearance import Clearance
from assent.campaigns.findings import Findings
from assent.campaigns.model import Approval, CampaignStatus
from assent.campaigns.prices import price_list
from assent.campaigns.rehearsal import Rehearsal, RehearsalStatus
from assent.campaigns.rehearsals import Rehearsals
from assent.campaigns.rehearsing import Rehearsing
from assent.campaigns.report import cost, forecast
from assent.consent.model import Claim
from assent.errors import (
    ApprovalNeededError,
    AudienceEmptyError,
    IllegalTransitionError,
    InputError,
    RehearsalNeededError,
    RehearsalStaleError,
    RuleBrokenError,
    TryAgainError,
)
from assent.identifiers import CampaignId
from assent.programmes.model import Disclosure
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_rehearsal_store import InMemoryRehearsalStore
from tests.fakes.recording_workflow import RecordingWorkflow
from tests.unit.campaigns.world import (
    CAMPAIGN,
    NOON,
    OFFERS,
    PROGRAMME,
    World,
    definition,
    key_of,
    person,
    running,
)

WORDING = (
    "I agree to recurring automated texts from Example Shop, up to 4 msgs/month. Consent is not a "
    "condition of purchase. Msg & data rates may apply. STOP to end, HELP for help. "
    "Terms https://t Privacy https://p"
)


class Stage:
    """A draft to rehearse, and everybody it may be for."""

    def __init__(self, people: int = 3, *, wording: str = WORDING, **changes: object) -> None:
        self.world = world = World(people)
        world.campaigns = InMemoryCampaignStore()
        draft = running(definition=definition(**changes), status=CampaignStatus.DRAFT)
        world.campaigns.create(replace(draft, run=0, execution_id=None, frozen=None))
        if wording:
            world.programmes.publish(Disclosure(OFFERS, "en", 1, wording, NOON))
        self.store, self.workflow = InMemoryRehearsalStore(), RecordingWorkflow()
        self.rehearsals = Rehearsals(
            world.campaigns,
            self.store,
            world.segments,
            world.programmes,
            world.scan,
            self.workflow,
            world.clock,
            world.ids,
            parts_per_second=20,
        )
        self.rehearsing = Rehearsing(
            world.campaigns,
            self.store,
            world.segments,
            world.programmes,
            world.scan,
            world.clock,
            world.links,
        )

    def walk(self, begun: Rehearsal) -> RehearsalStatus:
        for number in range(self.rehearsing.slices(CAMPAIGN, begun.rehearsal_id)):
            self.rehearsing.rehearse(CAMPAIGN, begun.rehearsal_id, number)
        return self.rehearsing.finish(CAMPAIGN, begun.rehearsal_id)

    def rehearse(self) -> Rehearsal:
        self.walk(self.rehearsals.begin(CAMPAIGN, "ada"))
        return self.rehearsals.newest(CAMPAIGN)

    @property
    def found(self) -> Findings:
        findings = self.rehearse().findings
        assert findings is not None
        return findings

    def clear(self, *, launcher: str | None = "ada", above: int = 0, empty: bool = False) -> None:
        world = self.world
        clearance = Clearance(world.programmes, world.segments, above)
        clearance.require(world.campaign, launcher=launcher, allow_empty=empty)

    def profile(self, number: int, **values: object) -> None:
        profile = MappingProxyType({"time_zone": "America/New_York", **values})
        self.world.table.put(replace(person(number), profile=profile))


def test_a_rehearsal_counts_what_the_launch_would_do_and_texts_nobody() -> None:
    stage = Stage(3)
    stage.world.table.put(person(1, stopped_at=NOON))
    before = stage.world.table.all()
    found = stage.found
    assert (found.recipients, found.excluded, found.parts) == (2, {"stopped": 1}, {1: 2})
    assert stage.world.campaign.status is CampaignStatus.REHEARSED
    assert list(stage.world.table.all()) == list(before)
    assert stage.world.acts == []
    stage.clear()


def test_whoever_had_the_promised_texts_is_counted_as_a_conflict() -> None:
    stage = Stage(2)
    names = [CampaignId(f"c_old{number}") for number in range(4)]
    earlier = {name: Claim(name, OFFERS, NOON - timedelta(days=2)) for name in names}
    stage.world.table.put(person(1, claims=MappingProxyType(earlier)))
    rehearsal = stage.rehearse()
    assert rehearsal.findings is not None
    assert rehearsal.findings.suppressed == {"frequency_promise": 1}
    assert (rehearsal.findings.over_promise, rehearsal.findings.recipients) == (1, 1)
    assert [note.code for note in rehearsal.warnings] == ["over_promise"]


def test_a_persons_character_that_makes_a_text_dear_is_named_and_their_name_is_not() -> None:
    stage = Stage(2, body="Hi {{ first_name }}, reply STOP to end")
    stage.profile(0, first_name="Zoë")
    stage.profile(1, first_name="Al")
    found = stage.found
    culprit = found.culprits["ë"]
    assert (culprit.people, culprit.position, culprit.where) == (1, 19, "data")
    assert found.worst is not None
    assert found.worst.text == "Example Shop: Hi xxë, reply STOP to end"


def test_a_character_of_the_campaigns_own_words_is_a_warning() -> None:
    rehearsal = Stage(2, body="20% off ✓ Reply STOP to end").rehearse()
    assert [note.code for note in rehearsal.warnings] == ["text_forces_ucs2"]
    assert "CHECK MARK (U+2713)" in rehearsal.warnings[0].detail


def test_missing_data_is_counted_by_what_is_missing() -> None:
    stage = Stage(2, body="Hi {{ first_name }}, reply STOP to end")
    stage.profile(0)
    assert stage.found.not_renderable == {"first_name": 1}


def test_a_link_to_somebody_elses_site_is_a_warning() -> None:
    rehearsal = Stage(1, body="See https://other.example/x Reply STOP to end").rehearse()
    assert [(n.code, n.detail) for n in rehearsal.warnings] == [
        ("link_to_other_host", "other.example")
    ]


@pytest.mark.parametrize(
    ("wording", "broken"),
    [("", "no_disclosure en"), (WORDING.replace("4 msgs", "2 msgs"), "disclosure_lacks en: freq")],
    ids=["none", "another promise"],
)
def test_a_wording_that_promises_otherwise_forbids_the_launch(wording: str, broken: str) -> None:
    stage = Stage(2, wording=wording)
    stage.rehearse()
    with pytest.raises(RuleBrokenError, match=broken):
        stage.clear()


def test_nothing_starts_without_a_rehearsal() -> None:
    with pytest.raises(RehearsalNeededError):
        Stage(2).clear()


def test_an_empty_audience_starts_only_where_that_is_meant() -> None:
    stage = Stage(0)
    stage.rehearse()
    with pytest.raises(AudienceEmptyError):
        stage.clear()
    stage.clear(empty=True)


def _other_segment(stage: Stage) -> None:
    (segment,) = stage.world.segments.segments()
    stage.world.segments.replace(replace(segment, version=2), expected_version=1)


def _other_programme(stage: Stage) -> None:
    changed = replace(PROGRAMME, max_per_month=8, version=2)
    stage.world.programmes.replace(changed, expected_version=1)


def _other_wording(stage: Stage) -> None:
    stage.world.programmes.publish(Disclosure(OFFERS, "en", 2, WORDING + " ", NOON))


def _other_words(stage: Stage) -> None:
    campaign = stage.world.campaign
    other = replace(campaign, definition=replace(campaign.definition, body="Other. STOP to end"))
    stage.world.campaigns.replace(other, expected_version=campaign.version)


@pytest.mark.parametrize("change", [_other_segment, _other_programme, _other_wording, _other_words])
def test_whatever_the_result_rests_on_makes_it_stale_when_it_changes(change) -> None:  # type: ignore[no-untyped-def]
    stage = Stage(2)
    stage.rehearse()
    stage.clear()
    change(stage)
    with pytest.raises(RehearsalStaleError):
        stage.clear()


def test_a_change_while_it_runs_overtakes_it() -> None:
    stage = Stage(2)
    begun = stage.rehearsals.begin(CAMPAIGN, "ada")
    _other_words(stage)
    assert stage.walk(begun) is RehearsalStatus.OVERTAKEN
    assert stage.world.campaign.status is CampaignStatus.DRAFT


def test_a_second_request_joins_the_rehearsal_under_way() -> None:
    stage = Stage(2)
    first, second = (stage.rehearsals.begin(CAMPAIGN, "ada") for _ in range(2))
    assert first == second
    assert list(stage.workflow.started) == [first.rehearsal_id]
    stage.world.clock.advance(3601)
    assert stage.rehearsals.begin(CAMPAIGN, "ada") != first


def test_one_that_was_replaced_ends_without_a_trace() -> None:
    stage = Stage(2)
    old = stage.rehearsals.begin(CAMPAIGN, "ada")
    _other_words(stage)
    stage.world.clock.advance(1)
    new = stage.rehearsals.begin(CAMPAIGN, "ada")
    assert stage.walk(old) is RehearsalStatus.OVERTAKEN
    stage.rehearsing.fail(CAMPAIGN, old.rehearsal_id)
    assert stage.rehearsals.newest(CAMPAIGN) == new
    assert stage.walk(new) is RehearsalStatus.DONE


def test_a_step_repeated_counts_once() -> None:
    stage = Stage(4)
    begun = stage.rehearsals.begin(CAMPAIGN, "ada")
    for _ in range(2):
        assert stage.walk(begun) is RehearsalStatus.DONE
    assert stage.world.campaign.rehearsed is not None
    assert stage.world.campaign.rehearsed.recipients == 4


def test_a_slice_that_is_missing_is_waited_for() -> None:
    stage = Stage(4)
    begun = stage.rehearsals.begin(CAMPAIGN, "ada")
    with pytest.raises(TryAgainError):
        stage.rehearsing.finish(CAMPAIGN, begun.rehearsal_id)


def test_what_was_launched_is_not_rehearsed() -> None:
    stage = Stage(1)
    campaign = replace(stage.world.campaign, status=CampaignStatus.SCHEDULED)
    stage.world.campaigns.replace(campaign, expected_version=1)
    with pytest.raises(IllegalTransitionError):
        stage.rehearsals.begin(CAMPAIGN, "ada")


def test_a_large_campaign_needs_the_approval_of_what_was_rehearsed_by_another_person() -> None:
    stage = Stage(4)
    stage.rehearse()
    stage.clear(above=4)
    with pytest.raises(ApprovalNeededError):
        stage.clear(above=3)
    campaign = stage.world.campaign
    assert campaign.rehearsed is not None
    for mark, launcher, is_cleared in (
        (campaign.rehearsed.fingerprint, "ada", True),
        (campaign.rehearsed.fingerprint, "bob", False),
        ("other", "ada", False),
    ):
        approved = replace(stage.world.campaign, approval=Approval("bob", NOON, mark))
        stage.world.campaigns.replace(approved, expected_version=approved.version)
        if is_cleared:
            stage.clear(above=3, launcher=launcher)
        else:
            with pytest.raises(ApprovalNeededError):
                stage.clear(above=3, launcher=launcher)


def test_slices_add_up_to_the_whole() -> None:
    stage = Stage(30, body="Hi {{ first_name }}, reply STOP to end")
    stage.profile(3, first_name="Zoë")
    whole = stage.found
    begun = stage.rehearsals.begin(CAMPAIGN, "ada")
    thirds = replace(begun, frozen=replace(begun.frozen, slices=3))
    stage.store.start(thirds)
    stage.walk(thirds)
    added = stage.rehearsals.newest(CAMPAIGN).findings
    assert added is not None
    assert (added.parts, added.windows, added.countries) == (
        whole.parts,
        whole.windows,
        whole.countries,
    )
    assert added.culprits == whole.culprits
    assert key_of(3) not in str(added)


# Figures


def test_windows_follow_each_other_at_the_rate() -> None:
    findings = Findings()
    findings.windows["2026-11-23T17:00:00.000000Z"] = [100, 200]
    findings.windows["2026-11-23T17:00:05.000000Z"] = [10, 20]
    findings.windows["2026-11-23T18:00:00.000000Z"] = [10, 20]
    seconds = [(window.finish_at - NOON).total_seconds() for window in forecast(findings, 20, NOON)]
    assert seconds == [10, 11, 3601]


def test_a_country_without_a_price_is_named_and_not_free() -> None:
    findings = Findings()
    findings.countries["US"] = [10, 20]
    findings.countries["GB"] = [5, 5]
    found = cost(findings, price_list("US=0.01"))
    assert (found.total, found.unpriced) == (Decimal("0.20"), ("GB",))
    assert found.countries[0].cost is None
    assert cost(findings, price_list("US=0.01,GB=0.04")).total == Decimal("0.40")
    assert cost(findings, price_list()).total > 0


@pytest.mark.parametrize("text", ["US", "us=1", "US=x", "US=1;GB=2", "USA=1"])
def test_prices_are_written_in_one_way(text: str) -> None:
    with pytest.raises(InputError):
        price_list(text)

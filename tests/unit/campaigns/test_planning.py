"""Who becomes a candidate, when their window opens, and that planning twice plans once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from assent.audience.rules import parse
from assent.campaigns.model import CampaignStatus, Fate, QuietHours, SlicePlan
from assent.campaigns.planning import SETTLE_AFTER, Planning
from assent.campaigns.sending_claims import REAP_AFTER
from assent.consent.model import Hold
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_manifest_store import InMemoryManifestStore
from tests.unit.campaigns.world import CAMPAIGN, NOON, World, definition, key_of, person, running

# 03:30 in Los Angeles, 06:30 in New York, 20:30 in Tokyo.
EARLY = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)


class Plan:
    """A world not planned yet."""

    def __init__(self, people: int, *, batch_size: int = 100, **changes: object) -> None:
        self.world = World(people)
        self.world.campaigns = InMemoryCampaignStore()
        campaign = running(**changes)
        frozen = replace(campaign.require_frozen(), batch_size=batch_size)
        self.world.campaigns.create(replace(campaign, frozen=frozen))
        self.manifests = InMemoryManifestStore()

    def planning(self, *, parts_per_second: int = 20) -> Planning:
        world = self.world
        return Planning(
            world.campaigns,
            world.scan,
            world.programmes,
            self.manifests,
            world.clock,
            parts_per_second,
            world.links,
        )

    def make(self, slice_number: int = 0, slices: int = 1) -> SlicePlan:
        return self.planning().plan(CAMPAIGN, 1, slice_number, slices)

    def keys(self, plan: SlicePlan) -> list[str]:
        batches = [
            b for release in plan.releases for b in self.manifests.read(release.manifest_key)
        ]
        return [key for batch in batches for key in batch.subscriber_keys]


def test_everybody_who_may_be_texted_is_in_exactly_one_batch() -> None:
    plan = Plan(25, batch_size=10)
    made = plan.make()
    assert (made.candidates, made.batches, made.held_out) == (25, 3, 0)
    assert sorted(plan.keys(made)) == [key_of(number) for number in range(25)]
    batches = plan.manifests.read(made.releases[0].manifest_key)
    assert [batch.parts for batch in batches] == [10, 10, 5]
    assert len({batch.batch_id for batch in batches}) == 3
    assert made.releases[0].manifest_key.startswith("campaigns/c_1/slice-0/20261123T170000Z-")


def test_slices_together_hold_everybody_once() -> None:
    plan = Plan(50)
    made = [plan.make(number, 3) for number in range(3)]
    keys = list(itertools.chain.from_iterable(plan.keys(each) for each in made))
    assert sorted(keys) == [key_of(number) for number in range(50)]
    progress = plan.world.campaigns.progress(CAMPAIGN)
    assert (progress.planned, progress.slices_planned) == (50, 3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stopped_at": NOON}, "stopped"),
        ({"consents": MappingProxyType({})}, "not_confirmed"),
        ({"hold": Hold("unclear", NOON)}, "held"),
        ({"restricted_at": NOON}, "restricted"),
        ({"phone": None}, "no_phone"),
    ],
)
def test_whoever_may_not_be_texted_is_excluded_with_the_reason(
    changes: dict[str, object], reason: str
) -> None:
    plan = Plan(3)
    plan.world.table.put(person(1, **changes))
    made = plan.make()
    assert made.excluded == {reason: 1}
    assert made.candidates == 2


def test_other_countries_and_other_segments_are_excluded() -> None:
    plan = Plan(3)
    plan.world.table.put(replace(person(0), country="FR"))
    rule = parse({"field": "first_name", "op": "ne", "value": "Ada1"})
    campaign = plan.world.campaign
    frozen = replace(campaign.require_frozen(), rule=rule)
    plan.world.campaigns.replace(replace(campaign, frozen=frozen), expected_version=1)
    assert plan.make().excluded == {"country": 1, "segment": 1}


def test_whoever_no_hour_suits_is_excluded() -> None:
    plan = Plan(1)
    planning = plan.planning()
    from assent.campaigns import sieve as module
    from assent.law.windows import LegalInstant

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "next_legal_instant", lambda *_: LegalInstant(None, "zone_unknown"))
        assert planning.plan(CAMPAIGN, 1, 0, 1).excluded == {"no_legal_hour": 1}


def test_people_of_one_window_are_released_together() -> None:
    plan = Plan(4)
    for number, zone in enumerate(["America/Los_Angeles", "America/New_York"] * 2):
        plan.world.table.put(replace(person(number), profile={"time_zone": zone}))
    plan.world.clock._started_at = EARLY
    made = plan.make()
    assert [release.candidates for release in made.releases] == [2, 2]
    first, second = (release.release_at for release in made.releases)
    assert second - first == timedelta(hours=3)
    assert first > EARLY


def test_an_override_releases_everybody_at_once() -> None:
    override = definition(quiet_hours=QuietHours.OVERRIDE, quiet_hours_reason="flood")
    plan = Plan(3, definition=override)
    plan.world.clock._started_at = EARLY + timedelta(microseconds=1)
    made = plan.make()
    assert [release.release_at for release in made.releases] == [EARLY + timedelta(seconds=1)]


def test_a_hold_out_is_about_its_percentage_and_always_the_same_people() -> None:
    plans = [Plan(2000, definition=definition(hold_out_percent=10)) for _ in range(2)]
    made = [plan.make() for plan in plans]
    assert made[0] == made[1]
    assert 150 <= made[0].held_out <= 250
    assert made[0].held_out + made[0].candidates == 2000
    assert plans[0].world.campaigns.progress(CAMPAIGN).fates == {Fate.HELD_OUT: made[0].held_out}


def test_missing_data_stays_a_candidate_without_parts() -> None:
    plan = Plan(2, definition=definition(body="Hi {{ first_name }}, reply STOP to end"))
    plan.world.table.put(replace(person(0), profile={"time_zone": "America/New_York"}))
    made = plan.make()
    assert made.candidates == 2
    assert plan.manifests.read(made.releases[0].manifest_key)[0].parts == 1


def test_a_batch_of_long_texts_is_cut_so_that_one_worker_can_send_it() -> None:
    long = definition(body="x" * 300)
    plan = Plan(100, definition=long)
    made = plan.planning(parts_per_second=1).plan(CAMPAIGN, 1, 0, 1)
    batches = plan.manifests.read(made.releases[0].manifest_key)
    assert all(batch.parts <= 100 for batch in batches)
    assert len(batches) > 1


def test_a_window_however_long_is_one_manifest_so_that_one_map_sends_it() -> None:
    plan = Plan(450, batch_size=2)
    made = plan.make()
    assert [release.batches for release in made.releases] == [225]
    assert len(set(plan.keys(made))) == 450


def test_planning_again_plans_nothing_new() -> None:
    plan = Plan(5)
    first = plan.make()
    plan.world.table.put(person(99))
    plan.world.clock.advance(3600)
    assert plan.make() == first
    assert plan.world.campaigns.progress(CAMPAIGN).planned == 5


def test_of_two_plans_made_at_once_the_recorded_one_finds_its_own_manifests() -> None:
    plan = Plan(5)
    store = plan.world.campaigns
    record = store.record_plan

    def raced(campaign_id, made):  # type: ignore[no-untyped-def]
        store.record_plan = record  # type: ignore[method-assign]
        plan.world.table.put(person(99))
        plan.make()
        return record(campaign_id, made)

    store.record_plan = raced  # type: ignore[method-assign]
    made = plan.make()
    assert len(plan.keys(made)) == made.candidates == 6
    assert store.progress(CAMPAIGN).planned == 6


def test_a_cancelled_campaign_plans_nobody() -> None:
    plan = Plan(5, status=CampaignStatus.CANCELLED)
    assert plan.make() == SlicePlan(0, (), 0)


def test_a_cancelled_campaigns_windows_open_once_no_claim_can_be_under_way() -> None:
    plan = Plan(2)
    plan.world.clock._started_at = EARLY
    assert plan.make().releases[0].release_at > EARLY
    plan.world.set_status(CampaignStatus.CANCELLED)
    at = EARLY + SETTLE_AFTER
    assert [release.release_at for release in plan.make().releases] == [at]
    assert SETTLE_AFTER >= REAP_AFTER


def test_nobody_in_a_slice_is_an_empty_plan() -> None:
    assert Plan(0).make() == SlicePlan(0, (), 0)

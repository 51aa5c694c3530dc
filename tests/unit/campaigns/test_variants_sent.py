"""From plan to ledger: variants, wordings, tracked links and a campaign's own hours, end to end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from assent.audience.rules import parse
from assent.campaigns.model import Fate, Variant
from tests.unit.campaigns.test_planning import Plan
from tests.unit.campaigns.world import World, definition, key_of, running

VARIANTS = (Variant("A", 1, "Twenty off"), Variant("B", 1, "Free delivery"))


def sent(people: int, **changes: object) -> World:
    world = World(people)
    world.campaigns.replace(
        replace(world.campaign, definition=definition(**changes)),
        expected_version=world.campaign.version,
    )
    world.send_until_closed()
    assert world.fates == {Fate.SENT: people}
    return world


def test_each_person_gets_one_variant_and_the_ledger_and_the_totals_say_which() -> None:
    world = sent(30, variants=VARIANTS)
    rows = [world.ledger.of_subscriber(key_of(number), limit=5)[0] for number in range(30)]
    assert all(len(each) == 1 for each in rows)
    told = Counter(f"{each[0].variant}:sent" for each in rows)
    assert world.campaigns.progress(world.campaign.campaign_id).variants == told
    assert set(told) == {"A:sent", "B:sent"}
    words = {"A": "Twenty off", "B": "Free delivery"}
    assert all(words[str(each[0].variant)] in each[0].body for each in rows)


def test_without_variants_the_totals_name_none() -> None:
    world = sent(3)
    assert world.campaigns.progress(world.campaign.campaign_id).variants == {}


def test_whom_the_store_leaves_out_is_counted_as_outside_the_segment() -> None:
    rule = parse({"field": "country", "op": "eq", "value": "GB"})
    frozen = running().require_frozen()
    made = Plan(7, frozen=replace(frozen, rule=rule)).make()
    assert (made.candidates, dict(made.excluded)) == (0, {"segment": 7})


def test_a_campaigns_own_hours_open_its_windows_later() -> None:
    legal = Plan(1).make().releases[0].release_at
    own = Plan(1, definition=definition(hours=("14:00", "18:00"))).make().releases[0].release_at
    assert (legal, own) == (
        datetime(2026, 11, 23, 17, tzinfo=UTC),
        datetime(2026, 11, 23, 19, tzinfo=UTC),
    )

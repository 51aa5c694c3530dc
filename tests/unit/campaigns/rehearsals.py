"""Campaigns that have been rehearsed, without rehearsing them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.clearance import Clearance
from assent.campaigns.model import Rehearsed
from tests.unit.campaigns.world import NOON

if TYPE_CHECKING:
    from assent.campaigns.model import Campaign
    from tests.unit.campaigns.world import World


def rehearsed(world: World, campaign: Campaign, **changes: object) -> Campaign:
    """Return the campaign as its rehearsal leaves it, had that found three people; `changes` are
    fields of what it remembers."""
    checked = DefinitionChecks(world.programmes, world.segments).check(campaign.definition)
    mark = Clearance(world.programmes, world.segments).fingerprint(campaign, checked)
    found = replace(Rehearsed("r_1", mark, NOON, 3), **changes)  # type: ignore[arg-type]
    return replace(campaign, rehearsed=found)

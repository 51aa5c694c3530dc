from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.opt_out_counts import DynamoOptOutCounts
from assent.identifiers import CampaignId
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore

if TYPE_CHECKING:
    from assent.campaigns.model import CampaignStore
    from assent.consent.attribution import OptOutCounts
    from tests.fakes.frozen_clock import FrozenClock

FIRST, SECOND = CampaignId("c_1"), CampaignId("c_2")


@dataclass(frozen=True)
class Stores:
    counts: OptOutCounts
    campaigns: CampaignStore


@pytest.fixture(params=["fake", "aws"])
def stores(request: pytest.FixtureRequest, clock: FrozenClock) -> Stores:
    if request.param == "fake":
        both = InMemoryCampaignStore()
        return Stores(both, both)
    client = request.getfixturevalue("dynamodb")
    table = request.getfixturevalue("tables").name("CampaignsTable")
    return Stores(DynamoOptOutCounts(client, table), DynamoCampaignStore(client, table, clock))


def test_each_opt_out_adds_one_to_its_own_campaign(stores: Stores) -> None:
    for campaign_id in (FIRST, SECOND, FIRST):
        stores.counts.count(campaign_id)
    assert stores.campaigns.progress(FIRST).opt_outs == 2
    assert stores.campaigns.progress(SECOND).opt_outs == 1

"""A STOP counts for the campaign that texted the person last, and is recorded whether or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.attribution import ANSWERS_WITHIN, answered_campaign
from assent.consent.model import Claim, Standing
from assent.errors import TryAgainError
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.unit.inbound.test_receiving import PHONE, House

if TYPE_CHECKING:
    from assent.inbound.service import InboundService

OLD, NEW = CampaignId("c_old"), CampaignId("c_new")
OFFERS = ProgrammeId("offers")


def claimed(**ago: timedelta) -> Standing:
    claims = {
        CampaignId(f"c_{name}"): Claim(CampaignId(f"c_{name}"), OFFERS, NOON - past)
        for name, past in ago.items()
    }
    return Standing(SubscriberKey("k1_a"), PHONE, claims=MappingProxyType(claims))


def test_the_newest_text_is_answered_if_it_is_not_older_than_three_days() -> None:
    hour = timedelta(hours=1)
    assert answered_campaign(claimed(old=48 * hour, new=hour), NOON) == NEW
    assert answered_campaign(claimed(old=ANSWERS_WITHIN), NOON) is None
    assert answered_campaign(None, NOON) is None


class Counts:
    def __init__(self, error: Exception | None = None) -> None:
        self.counted: list[CampaignId] = []
        self._error = error

    def count(self, campaign_id: CampaignId) -> None:
        if self._error:
            raise self._error
        self.counted.append(campaign_id)


class CountingHouse(House):
    """Its phone was texted by a campaign five minutes ago."""

    counts: Counts

    @property
    def inbound(self) -> InboundService:
        return replace(super().inbound, opt_out_counts=self.counts)


def house(counts: Counts) -> House:
    made = CountingHouse()
    made.counts = counts
    key = made.keys.key_of(PHONE)
    made.store.seed(replace(claimed(new=timedelta(minutes=5)), subscriber_key=key))
    return made


def test_a_stop_is_counted_once_whatever_is_repeated() -> None:
    counts = Counts()
    stopped = house(counts)
    for message_id in ("in-1", "in-1", "in-2"):
        stopped.text("STOP", message_id=message_id)
    assert counts.counted == [NEW]


def test_a_stop_stands_although_it_cannot_be_counted() -> None:
    stopped = house(Counts(TryAgainError("busy")))
    stopped.text("STOP")
    standing = stopped.store.standing(stopped.keys.key_of(PHONE))
    assert standing is not None
    assert standing.stopped_at is not None

"""The claim as a compare-and-write on the shared subscriber table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.audience.engagement import Act, plus_all
from assent.campaigns.model import Claimed, ClaimRefused
from assent.consent.model import ConsentStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.audience.subscriber import Subscriber
    from assent.consent.model import Claim, Standing
    from assent.identifiers import CampaignId, SubscriberKey
    from tests.fakes.subscriber_table import SubscriberTable


@dataclass(frozen=True)
class InMemoryClaimStore:
    """`ClaimStore` over a dictionary; every condition of the port is checked under one lock."""

    table: SubscriberTable

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        with self.table.lock:
            current = self.table.get(subscriber.standing.subscriber_key)
            if current is None or not _holds(current.standing, subscriber.standing, claim):
                return ClaimRefused(current)
            kept = {
                campaign_id: earlier
                for campaign_id, earlier in current.standing.claims.items()
                if campaign_id not in forget
            }
            standing = replace(
                current.standing,
                claims=MappingProxyType({**kept, claim.campaign_id: claim}),
                claims_version=current.standing.claims_version + 1,
            )
            old = current.standing.claims
            forgotten = [old[campaign_id].at for campaign_id in forget if campaign_id in old]
            after = plus_all(current.engagement.get(Act.SENT), forgotten)
            engagement = {**current.engagement, **({Act.SENT: after} if after else {})}
            self.table.put(replace(current, standing=standing, engagement=engagement))
            return Claimed()

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        with self.table.lock:
            current = self.table.get(subscriber_key)
            if current is None or current.standing.claims.get(claim.campaign_id) != claim:
                return
            kept = dict(current.standing.claims)
            del kept[claim.campaign_id]
            standing = replace(
                current.standing,
                claims=MappingProxyType(kept),
                claims_version=current.standing.claims_version + 1,
            )
            self.table.put(replace(current, standing=standing))


def _holds(current: Standing, decided_on: Standing, claim: Claim) -> bool:
    return (
        current.status_of(claim.programme_id) is ConsentStatus.CONFIRMED
        and current.stopped_at is None
        and current.hold is None
        and current.restricted_at is None
        and (current.paused_until is None or current.paused_until <= claim.at)
        and claim.campaign_id not in current.claims
        and current.claims_version == decided_on.claims_version
    )

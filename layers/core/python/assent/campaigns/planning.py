"""Who is to be texted and from when on: one scan slice becomes batches grouped by release instant.

A slice may be planned again after a crash, and even twice at once: manifests are named by their
content and the plan is recorded once, so the recorded plan only ever names its own manifests.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.audience.rules import compile_rule
from assent.campaigns.checks import template_of
from assent.campaigns.may_send import consent_objection
from assent.campaigns.model import CampaignStatus, QuietHours, SlicePlan
from assent.campaigns.whereabouts import whereabouts_of
from assent.campaigns.windows import Windows
from assent.law.windows import next_legal_instant
from assent.messages.template import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.audience.subscriber import Subscriber, SubscriberScan
    from assent.campaigns.model import Campaign, CampaignStore, ManifestStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId, SubscriberKey
    from assent.messages.template import Template
    from assent.programmes.model import Programme, ProgrammeStore

_HUNDREDTHS_OF_A_PERCENT = 10_000


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans one slice per call. `parts_per_second` is the origination identity's."""

    store: CampaignStore
    subscribers: SubscriberScan
    programmes: ProgrammeStore
    manifests: ManifestStore
    clock: Clock
    parts_per_second: int

    def plan(self, campaign_id: CampaignId, run: int, slice_number: int, slices: int) -> SlicePlan:
        """Return the slice's plan, made now or by whichever `run` came first. A cancelled
        campaign's windows open at once, because nobody in them is texted any more.

        Raises CampaignNotFoundError, ProgrammeNotFoundError, InvalidTextError.
        """
        campaign = self.store.campaign(campaign_id)
        plan = self.store.plan(campaign_id, slice_number)
        if plan is None:
            planned = self._planned(campaign, slice_number, slices)
            plan = self.store.record_plan(campaign_id, planned)
        if campaign.status is not CampaignStatus.CANCELLED:
            return plan
        now = self.clock.now()
        return replace(plan, releases=tuple(replace(r, release_at=now) for r in plan.releases))

    def _planned(self, campaign: Campaign, slice_number: int, slices: int) -> SlicePlan:
        if campaign.status is CampaignStatus.CANCELLED:
            return SlicePlan(slice_number, (), held_out=0)
        sieve = _Sieve.of(campaign, self.programmes, self.clock.now())
        windows = Windows(
            campaign, slice_number, self.manifests, parts_per_second=self.parts_per_second
        )
        excluded: Counter[str] = Counter()
        held_out = 0
        for subscriber in self.subscribers.slice(slice_number, slices):
            subscriber_key = subscriber.standing.subscriber_key
            reason = sieve.exclusion(subscriber)
            release_at = None if reason else sieve.release_at(subscriber)
            if release_at is None:
                excluded[reason or "no_legal_hour"] += 1
            elif sieve.is_held_out(subscriber_key):
                held_out += 1
            else:
                windows.add(release_at, subscriber_key, sieve.parts(subscriber))
        return SlicePlan(slice_number, windows.releases(), held_out, dict(excluded))


@dataclass(frozen=True, slots=True)
class _Sieve:
    """What is asked of every subscriber, compiled once per slice.

    Only what will hardly change before the text excludes here: the segment, the countries, consent.
    Frequency is left to the sending, because a window days ahead is judged by the claims of then.
    """

    campaign: Campaign
    programme: Programme
    template: Template
    matches: Callable[[Subscriber, datetime], bool]
    now: datetime

    @classmethod
    def of(cls, campaign: Campaign, programmes: ProgrammeStore, now: datetime) -> _Sieve:
        programme = programmes.programme(campaign.definition.programme_id)
        return cls(
            campaign,
            programme,
            template_of(campaign.definition, programme),
            compile_rule(campaign.require_frozen().rule),
            now,
        )

    def exclusion(self, subscriber: Subscriber) -> str | None:
        """Return why this person is no candidate, None if they are one."""
        if not self.matches(subscriber, self.now):
            return "segment"
        if subscriber.country not in self.programme.countries:
            return "country"
        return consent_objection(subscriber.standing, self.campaign)

    def is_held_out(self, subscriber_key: SubscriberKey) -> bool:
        """The same people in every run of a campaign, and other people in the next campaign."""
        percent = self.campaign.definition.hold_out_percent
        if not percent:
            return False
        digest = hashlib.blake2b(
            subscriber_key.encode(), digest_size=8, key=self.campaign.campaign_id.encode()[:64]
        ).digest()
        return int.from_bytes(digest, "big") % _HUNDREDTHS_OF_A_PERCENT < percent * 100

    def release_at(self, subscriber: Subscriber) -> datetime | None:
        """Return the first instant, from now on, at which the person's calendar is open."""
        if self.campaign.definition.quiet_hours is QuietHours.OVERRIDE:
            return self.now
        return next_legal_instant(whereabouts_of(subscriber), self.now).at

    def parts(self, subscriber: Subscriber) -> int:
        """Return the parts of this person's text; none for one that cannot be rendered."""
        rendered = self.template.render(subscriber.profile)
        return rendered.parts if isinstance(rendered, Rendered) else 0

"""Who of the subscribers is a candidate, from when on, and with which words.

Planning and rehearsal both ask here, so that a rehearsal cannot promise what a launch does not do.
Only what will hardly change before the text excludes: the segment, the countries, consent.
Frequency is left to the sending, because a window days ahead is judged by the claims of then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assent.audience.rules import compile_rule
from assent.campaigns.holding_out import is_held_out
from assent.campaigns.may_send import consent_objection
from assent.campaigns.model import QuietHours
from assent.campaigns.personal_links import links_in, tracked_in
from assent.campaigns.starting import own_instant
from assent.campaigns.whereabouts import whereabouts_of
from assent.campaigns.words import Words
from assent.law.windows import next_legal_instant
from assent.messages.template import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import Campaign
    from assent.campaigns.personal_links import PersonalLinks
    from assent.messages.template import NotRenderable
    from assent.programmes.model import Programme, ProgrammeStore


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one person belongs: `excluded` for a reason, held out, or released at an instant."""

    excluded: str | None = None
    is_held_out: bool = False
    release_at: datetime | None = None


_HELD_OUT = Placed(is_held_out=True)


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is asked of every subscriber, compiled once per slice. `links` are as long as those of
    the sending."""

    campaign: Campaign
    programme: Programme
    words: Words
    matches: Callable[[Subscriber, datetime], bool]
    links: PersonalLinks
    now: datetime

    @classmethod
    def of(
        cls, campaign: Campaign, programmes: ProgrammeStore, links: PersonalLinks, now: datetime
    ) -> Sieve:
        """Compile for a campaign whose rule is frozen. Raises IllegalTransitionError before that,
        ProgrammeNotFoundError and InvalidTextError."""
        programme = programmes.programme(campaign.definition.programme_id)
        return cls(
            campaign,
            programme,
            Words.of(campaign, programme),
            compile_rule(campaign.require_frozen().rule),
            links,
            now,
        )

    def place(self, subscriber: Subscriber) -> Placed:
        """Return where this person belongs."""
        reason = self._exclusion(subscriber)
        if reason is not None:
            return Placed(excluded=reason)
        release_at = self._release_at(subscriber)
        if release_at is None:
            return Placed(excluded="no_legal_hour")
        if is_held_out(self.campaign, subscriber.standing.subscriber_key):
            return _HELD_OUT
        return Placed(release_at=release_at)

    def rendered(self, subscriber: Subscriber) -> Rendered | NotRenderable:
        """Return this person's text."""
        programme_id = self.programme.programme_id
        standing, campaign_id = subscriber.standing, self.campaign.campaign_id
        wording = self.words.wording_of(standing.subscriber_key)
        text = wording.text_for(subscriber)
        links = links_in(text, self.links, standing, programme_id)
        followed = tracked_in(text, wording.numbers, self.links, standing, campaign_id)
        return text.render(subscriber.profile, {**links, **followed})

    def parts(self, subscriber: Subscriber) -> int:
        """Return the parts of this person's text; none for one that cannot be rendered."""
        rendered = self.rendered(subscriber)
        return rendered.parts if isinstance(rendered, Rendered) else 0

    def _exclusion(self, subscriber: Subscriber) -> str | None:
        if subscriber.standing.restricted_at is not None:
            # Before the segment: a restricted profile is not even looked at.
            return "restricted"
        if not self.matches(subscriber, self.now):
            return "segment"
        if subscriber.country not in self.programme.countries:
            return "country"
        return consent_objection(subscriber.standing, self.campaign)

    def _release_at(self, subscriber: Subscriber) -> datetime | None:
        """Return the first instant, from now on, at which the person's calendar is open."""
        where, at = whereabouts_of(subscriber, self.campaign.definition.hours), self.now
        if self.local_time is not None:
            at = own_instant(self.local_time, where, at)
        if self.campaign.definition.quiet_hours is QuietHours.OVERRIDE:
            return at
        return next_legal_instant(where, at).at

    @property
    def local_time(self) -> datetime | None:
        """The time of day that whoever launched asked for, None when an instant will do."""
        order = self.campaign.order
        return datetime.fromisoformat(order.local_time) if order and order.local_time else None

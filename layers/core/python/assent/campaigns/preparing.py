"""The first step of an execution: freeze the definition and decide who runs the campaign.

One execution at a time owns a campaign, by compare-and-set on its item. A later owner has a higher
run number, and workers of a lower run stand back: taking over needs no handshake with the old one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.campaigns.clearance import Clearance
from assent.campaigns.freezing import freeze
from assent.campaigns.model import CampaignStatus
from assent.campaigns.starting import is_early
from assent.errors import ChangedMeanwhileError, ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from assent.audience.subscriber import SegmentStore, SubscriberScan
    from assent.campaigns.checks import Checked
    from assent.campaigns.model import Campaign, CampaignStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.programmes.model import ProgrammeStore

# One batch is sent while the next one waits for its turn; a child is billed while it waits.
_UNDER_WAY = 2
_ATTEMPTS = 5
_ACTOR = "workflow"
_STARTABLE = frozenset({CampaignStatus.DRAFT, CampaignStatus.REHEARSED, CampaignStatus.SCHEDULED})
# What the clearance raises; a table that does not answer is none of these.
_REFUSALS = (ConflictError, InputError, NotFoundError)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Whether this execution goes on and, if so, as which run and over how many slices.
    `max_concurrency` is the number of batches of one slice's window that may be under way."""

    campaign_id: CampaignId
    run: int
    proceed: bool
    slices: int = 0
    max_concurrency: int = 1
    batch_size: int = 0


@dataclass(frozen=True, slots=True)
class Preparing:
    """Takes a campaign up for one execution. `parts_per_second` is the origination identity's;
    `approval_above` as in `Clearance`."""

    store: CampaignStore
    segments: SegmentStore
    programmes: ProgrammeStore
    subscribers: SubscriberScan
    clock: Clock
    parts_per_second: int
    approval_above: int = 0

    def prepare(self, campaign_id: CampaignId, execution_id: str) -> Prepared:
        """Return what the execution is to do; asked twice by one execution, the same.

        A campaign that another execution owns, that is paused, or that has ended and is counted
        gives `proceed` False. Raises CampaignNotFoundError, what `Clearance.require` raises (a
        scheduled campaign is a draft then), and ChangedMeanwhileError when it never stands still.
        """
        for _ in range(_ATTEMPTS):
            campaign = self.store.campaign(campaign_id)
            try:
                owned = self._take_up(campaign, execution_id)
            except ChangedMeanwhileError:
                continue
            return self._prepared(owned) if owned else Prepared(campaign_id, campaign.run, False)
        message = f"campaign {campaign_id} keeps changing"
        raise ChangedMeanwhileError(message)

    def _take_up(self, campaign: Campaign, execution_id: str) -> Campaign | None:
        """Return the campaign as this execution owns it, None when it is not its to run, before its
        time, or when everything is stopped: only a cancelled campaign is settled even then."""
        if self._must_wait(campaign):
            return None
        if campaign.status in _STARTABLE:
            return self._own(self._frozen(campaign), execution_id, "started")
        if not self._has_work(campaign):
            return None
        if campaign.execution_id == execution_id:
            return campaign
        if campaign.execution_id is None:
            return self._own(campaign, execution_id, "taken up again")
        return None

    def _must_wait(self, campaign: Campaign) -> bool:
        if campaign.status is CampaignStatus.CANCELLED:
            return False
        is_waiting = campaign.status is CampaignStatus.SCHEDULED
        is_too_soon = is_waiting and is_early(campaign.order, self.clock.now())
        return is_too_soon or self.store.brake() is not None

    def _has_work(self, campaign: Campaign) -> bool:
        """A cancelled campaign is run once more, to count everybody it no longer texts."""
        if campaign.status is CampaignStatus.RUNNING:
            return True
        return campaign.status is CampaignStatus.CANCELLED and not self.store.progress(
            campaign.campaign_id
        ).is_counted(campaign)

    def _frozen(self, campaign: Campaign) -> Campaign:
        frozen = freeze(
            self._cleared(campaign),
            self.clock.now(),
            self.subscribers.approximate_count(),
            self.parts_per_second,
        )
        return replace(campaign, status=CampaignStatus.RUNNING, frozen=frozen)

    def _cleared(self, campaign: Campaign) -> Checked:
        order = campaign.order
        clearance = Clearance(self.programmes, self.segments, self.approval_above)
        try:
            return clearance.require(
                campaign,
                launcher=order.by if order else None,
                allow_empty=order is not None and order.allow_empty,
            )
        except _REFUSALS as refusal:
            if campaign.status is CampaignStatus.SCHEDULED:
                self._back_to_draft(campaign, refusal.code)
            raise

    def _back_to_draft(self, campaign: Campaign, code: str) -> None:
        """Otherwise it would be started, and refused, again and again."""
        self.store.replace(
            replace(campaign, status=CampaignStatus.DRAFT, order=None),
            expected_version=campaign.version,
        )
        self.store.log(campaign.campaign_id, self.clock.now(), _ACTOR, f"not started: {code}")

    def _own(self, campaign: Campaign, execution_id: str, did: str) -> Campaign:
        owned = self.store.replace(
            replace(campaign, run=campaign.run + 1, execution_id=execution_id),
            expected_version=campaign.version,
        )
        self.store.log(campaign.campaign_id, self.clock.now(), _ACTOR, f"{did} by {execution_id}")
        return owned

    def _prepared(self, campaign: Campaign) -> Prepared:
        frozen = campaign.require_frozen()
        return Prepared(
            campaign.campaign_id,
            campaign.run,
            proceed=True,
            slices=frozen.slices,
            max_concurrency=-(-_UNDER_WAY // frozen.slices),
            batch_size=frozen.batch_size,
        )

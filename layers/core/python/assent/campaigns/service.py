"""What a marketer does with a campaign: draft, edit, launch, pause, resume, cancel, look.

Each change of status is a compare-and-set with its permitted *from* states and one line in the
decision log; the sending itself happens in the workflow, which re-reads the status all the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.clearance import Clearance
from assent.campaigns.executions import start_execution
from assent.campaigns.model import (
    PERMITTED_FROM,
    Approval,
    Campaign,
    CampaignStatus,
    LaunchOrder,
    QuietHours,
)
from assent.campaigns.starting import check_start, first_instant, is_early
from assent.errors import (
    ChangedMeanwhileError,
    IllegalTransitionError,
    RehearsalNeededError,
    SamePersonError,
    SendingStoppedError,
)
from assent.identifiers import CampaignId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.audience.subscriber import SegmentStore
    from assent.campaigns.model import CampaignStore, Definition, Progress, Workflow
    from assent.campaigns.starting import LaunchSchedules
    from assent.clock import Clock
    from assent.identifiers import Ids
    from assent.programmes.model import ProgrammeStore

_EDITABLE = frozenset({CampaignStatus.DRAFT, CampaignStatus.REHEARSED})
_LAUNCHABLE = _EDITABLE | {CampaignStatus.SCHEDULED}


@dataclass(frozen=True, slots=True)
class Launch:
    """How somebody wants to launch. `allow_empty`: even if nobody would be texted. `start_at` (an
    instant) or `local_time` (naive: each person's own wall clock) puts it off."""

    allow_empty: bool = False
    start_at: datetime | None = None
    local_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignService:
    """Use cases over campaigns. `actor` is the staff member who asks; `approval_above` as in
    `Clearance`."""

    store: CampaignStore
    segments: SegmentStore
    programmes: ProgrammeStore
    workflow: Workflow
    clock: Clock
    ids: Ids
    schedules: LaunchSchedules
    approval_above: int = 0

    def draft(self, definition: Definition, actor: str) -> Campaign:
        """Create a draft. Raises what `DefinitionChecks.check` raises."""
        self._checks.check(definition)
        now = self.clock.now()
        campaign = Campaign(
            CampaignId(self.ids.new("c")), definition, CampaignStatus.DRAFT, now, actor
        )
        self.store.create(campaign)
        self.store.log(campaign.campaign_id, now, actor, f"drafted{_override(definition)}")
        return campaign

    def edit(
        self, campaign_id: CampaignId, definition: Definition, expected_version: int, actor: str
    ) -> Campaign:
        """Replace the definition of a campaign that was not launched; it is a draft again.

        Raises IllegalTransitionError once launched, ChangedMeanwhileError for another version.
        """
        campaign = self.store.campaign(campaign_id)
        if campaign.status not in _EDITABLE:
            message = f"A {campaign.status} campaign cannot be edited; draft a new one."
            raise IllegalTransitionError(message)
        self._checks.check(definition)
        edited = self.store.replace(
            replace(
                campaign,
                definition=definition,
                status=CampaignStatus.DRAFT,
                editors=tuple(dict.fromkeys([*campaign.editors, actor])),
            ),
            expected_version=expected_version,
        )
        self.store.log(campaign_id, self.clock.now(), actor, f"edited{_override(definition)}")
        return edited

    def approve(self, campaign_id: CampaignId, actor: str) -> Campaign:
        """Approve exactly what was rehearsed; asked twice, once.

        Raises RehearsalNeededError, SamePersonError for whoever drafted or edited it, and
        IllegalTransitionError once launched.
        """
        campaign = self.store.campaign(campaign_id)
        if campaign.rehearsed is None:
            message = "Rehearse the campaign first."
            raise RehearsalNeededError(message)
        if campaign.status is not CampaignStatus.REHEARSED:
            raise IllegalTransitionError(_refusal(campaign, "approved"))
        if actor in {campaign.created_by, *campaign.editors}:
            message = "Whoever wrote the campaign cannot approve it."
            raise SamePersonError(message)
        approval = Approval(actor, self.clock.now(), campaign.rehearsed.fingerprint)
        return self._replace(replace(campaign, approval=approval), actor, "approved")

    def launch(self, campaign_id: CampaignId, actor: str, wanted: Launch | None = None) -> Campaign:
        """Schedule a campaign that is cleared, and start its workflow.

        Launching again what is scheduled but was not taken up starts it again: a crash between the
        two writes must not strand it. Raises IllegalTransitionError and what the clearance raises.
        """
        asked = wanted or Launch()
        self._require_released()
        campaign = self.store.campaign(campaign_id)
        if campaign.status not in _LAUNCHABLE:
            raise IllegalTransitionError(_refusal(campaign, "launched"))
        clearance = Clearance(self.programmes, self.segments, self.approval_above)
        clearance.require(campaign, launcher=actor, allow_empty=asked.allow_empty)
        is_new_wish = asked.start_at is not None or asked.local_time is not None
        if campaign.status is not CampaignStatus.SCHEDULED or is_new_wish:
            ordered = replace(campaign, order=self._order(asked, actor))
            scheduled = replace(ordered, status=CampaignStatus.SCHEDULED)
            campaign = self._replace(scheduled, actor, "launched")
        self._start(campaign)
        return campaign

    def pause(self, campaign_id: CampaignId, actor: str) -> Campaign:
        """Stop sending within a worker step; what is planned stays planned."""
        campaign = self.store.campaign(campaign_id)
        return self._move(campaign, CampaignStatus.PAUSED, actor, "paused")

    def resume(self, campaign_id: CampaignId, actor: str) -> Campaign:
        """Go on with what is left, in a new execution that supersedes the paused one; what had not
        begun is scheduled again."""
        campaign = self.store.campaign(campaign_id)
        if campaign.status is not CampaignStatus.PAUSED:
            raise IllegalTransitionError(_refusal(campaign, "resumed"))
        self._require_released()
        free = replace(campaign, execution_id=None)
        was_begun = campaign.frozen is not None
        to = CampaignStatus.RUNNING if was_begun else CampaignStatus.SCHEDULED
        resumed = self._move(free, to, actor, "resumed")
        self._start(resumed)
        return resumed

    def cancel(self, campaign_id: CampaignId, actor: str) -> Campaign:
        """End a campaign for good. One under way gets a last execution that only settles it: texts
        already claimed keep their fate, everybody else is counted as cancelled."""
        campaign = self.store.campaign(campaign_id)
        free = replace(campaign, execution_id=None)
        cancelled = self._move(free, CampaignStatus.CANCELLED, actor, "cancelled")
        if campaign.order is not None and campaign.order.start_at is not None:
            self.schedules.remove(campaign_id)
        if cancelled.frozen is not None:
            start_execution(self.workflow, cancelled)
        return cancelled

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        """Raises CampaignNotFoundError."""
        return self.store.campaign(campaign_id)

    def campaigns(self, status: CampaignStatus | None = None) -> Sequence[Campaign]:
        """Return all of a status (or all), newest first."""
        return self.store.campaigns(status)

    def progress(self, campaign_id: CampaignId) -> Progress:
        """Return the running totals. Raises CampaignNotFoundError."""
        self.store.campaign(campaign_id)
        return self.store.progress(campaign_id)

    def _order(self, asked: Launch, actor: str) -> LaunchOrder:
        now, start_at, local = self.clock.now(), asked.start_at, asked.local_time
        if local is not None:
            start_at = first_instant(local)
        if start_at is not None:
            check_start(start_at, now)
        wall = local.isoformat() if local else None
        return LaunchOrder(actor, now, asked.allow_empty, start_at, wall)

    def _start(self, campaign: Campaign) -> None:
        """Start the execution, or have it started when its time comes."""
        order = campaign.order
        is_waiting = campaign.status is CampaignStatus.SCHEDULED
        if is_waiting and order and order.start_at and is_early(order, self.clock.now()):
            self.schedules.put(campaign.campaign_id, order.start_at)
        else:
            start_execution(self.workflow, campaign)

    def _require_released(self) -> None:
        brake = self.store.brake()
        if brake is not None:
            message = f"Everything has been stopped since {brake.at:%Y-%m-%d %H:%M} UTC."
            raise SendingStoppedError(message)

    @property
    def _checks(self) -> DefinitionChecks:
        return DefinitionChecks(self.programmes, self.segments)

    def _move(self, campaign: Campaign, to: CampaignStatus, actor: str, did: str) -> Campaign:
        if campaign.status not in PERMITTED_FROM[to]:
            raise IllegalTransitionError(_refusal(campaign, did))
        return self._replace(replace(campaign, status=to), actor, did)

    def _replace(self, campaign: Campaign, actor: str, did: str) -> Campaign:
        try:
            written = self.store.replace(campaign, expected_version=campaign.version)
        except ChangedMeanwhileError:
            message = "The campaign has just changed; look at it again."
            raise ChangedMeanwhileError(message) from None
        self.store.log(campaign.campaign_id, self.clock.now(), actor, did)
        return written


def _override(definition: Definition) -> str:
    """Return what the log says of an override: whoever sets one answers for it by name."""
    if definition.quiet_hours is not QuietHours.OVERRIDE:
        return ""
    return f"; the law's hours overridden: {definition.quiet_hours_reason}"


def _refusal(campaign: Campaign, did: str) -> str:
    return f"A {campaign.status} campaign cannot be {did}."

"""One step of one person's way, shown to the sending as a running campaign of one batch.

The sending then does for a flow exactly what it does for a campaign, and there is one place that
decides whether a text may leave. What it records goes to the enrolment and the flow's counters.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.audience.rules import Everyone
from assent.campaigns.model import (
    Batch,
    Campaign,
    CampaignStatus,
    Definition,
    Frozen,
)
from assent.errors import IllegalTransitionError
from assent.flows.model import STEP_LIFE, Counted, FlowStatus
from assent.identifiers import CampaignId, SegmentId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.campaigns.model import BatchResult, Brake, CampaignStore, Progress, SlicePlan
    from assent.campaigns.personal_links import PersonalLinks
    from assent.consent.model import Standing
    from assent.flows.model import Enrolment, EnrolmentStore, Flow, FlowStore
    from assent.identifiers import FlowId, ProgrammeId
    from assent.links.model import LinkPurpose

_STATUS = {
    FlowStatus.DRAFT: CampaignStatus.PAUSED,
    FlowStatus.ACTIVE: CampaignStatus.RUNNING,
    FlowStatus.PAUSED: CampaignStatus.PAUSED,
    FlowStatus.ENDED: CampaignStatus.CANCELLED,
}
RUN = 1
_NO_SEGMENT = SegmentId("flow")
# The alphabet of ids, and the letters of a campaign's: codes of tracked links hold no others.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LETTERS = 12


def definition_of(flow: Flow, step: int) -> Definition:
    """Return the step's words as a campaign's."""
    said = flow.plan.steps[step]
    return Definition(
        name=f"{flow.plan.name} ({step + 1})",
        programme_id=flow.plan.programme_id,
        segment_id=_NO_SEGMENT,
        body=said.body,
        locale=said.locale,
        others=said.others,
        template=said.template,
    )


def campaign_of(flow: Flow, enrolment: Enrolment, promised_per_month: int) -> Campaign:
    """Return the enrolment's step as a campaign that lives as long as the step may be late."""
    frozen = Frozen(
        Everyone(),
        promised_per_month,
        enrolment.step_due_at,
        enrolment.step_due_at + STEP_LIFE,
        slices=1,
        batch_size=1,
    )
    return Campaign(
        enrolment.campaign_id,
        definition_of(flow, enrolment.step),
        _STATUS[flow.status],
        flow.created_at,
        flow.created_by,
        version=flow.version,
        run=RUN,
        frozen=frozen,
    )


def batch_of(enrolment: Enrolment) -> Batch:
    """Return the batch that holds this person alone."""
    return Batch(f"{enrolment.campaign_id}", (enrolment.subscriber_key,), 0)


def link_id_of(flow_id: FlowId, step: int) -> CampaignId:
    """Return the id that tracked links of a step carry, the same for all entries."""
    digest = hashlib.blake2b(f"{flow_id} {step}".encode(), digest_size=8, person=b"flow").digest()
    number = int.from_bytes(digest, "big")
    letters = ""
    for _ in range(_ID_LETTERS):
        number, letter = divmod(number, len(_LETTERS))
        letters += _LETTERS[letter]
    return CampaignId(f"c_{letters}")


@dataclass(frozen=True, slots=True)
class StepLinks:
    """`PersonalLinks` whose tracked ones lead to the step's targets."""

    inner: PersonalLinks
    link_id: CampaignId

    def link(self, purpose: LinkPurpose, standing: Standing, programme_id: ProgrammeId) -> str:
        return self.inner.link(purpose, standing, programme_id)

    def tracked(self, standing: Standing, campaign_id: CampaignId, number: int) -> str:
        del campaign_id
        return self.inner.tracked(standing, self.link_id, number)


class StepCampaigns:
    """A `CampaignStore` of one step of one enrolment, of which it keeps the newest state. Whoever
    makes one has just read or written the enrolment. `brakes` is asked for the panic stop, and for
    what else is counted under the step's id."""

    def __init__(
        self,
        flows: FlowStore,
        enrolments: EnrolmentStore,
        brakes: CampaignStore,
        enrolment: Enrolment,
        promised_per_month: int,
    ) -> None:
        self._flows = flows
        self._enrolments = enrolments
        self._brakes = brakes
        self._mine = (enrolment.entry, enrolment.step)
        self._promised = promised_per_month
        self.enrolment = enrolment

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        del campaign_id
        flow = self._flows.flow(self.enrolment.flow_id)
        entry, step = self._mine
        asked = replace(self.enrolment, entry=entry, step=step)
        return campaign_of(flow, asked, self._promised)

    def replace(self, campaign: Campaign, *, expected_version: int) -> Campaign:
        """Pause the flow, which is the one change that the sending makes."""
        if campaign.status is not CampaignStatus.PAUSED:
            message = "Only a pause of a flow can come from its sending."
            raise IllegalTransitionError(message)
        flow = self._flows.flow(self.enrolment.flow_id)
        self._flows.replace(
            replace(flow, status=FlowStatus.PAUSED), expected_version=expected_version
        )
        return replace(campaign, version=expected_version + 1)

    def log(self, campaign_id: CampaignId, at: datetime, actor: str, decision: str) -> None:
        del campaign_id
        self._flows.log(self.enrolment.flow_id, at, actor, decision)

    def batch(self, campaign_id: CampaignId, batch_id: str) -> BatchResult | None:
        del campaign_id, batch_id
        return self.enrolment.result if self._is_mine else None

    def is_batch_done(self, campaign_id: CampaignId, batch_id: str) -> bool:
        found = self.batch(campaign_id, batch_id)
        return found is not None and found.is_done

    def record_batch(
        self,
        campaign_id: CampaignId,
        result: BatchResult,
        at: datetime,
        previous: BatchResult | None = None,
    ) -> bool:
        """Write what the text came to on the enrolment; False when that has moved on."""
        if not result.is_done or result == previous:
            # A batch of one has come to nothing yet, or to all it can.
            return True
        before = self.enrolment
        if self._is_mine and before.result == previous:
            counted = Counted(result=result.since(previous), step=before.step, at=at)
            changed = replace(before, result=result, version=before.version + 1)
            if self._enrolments.replace(changed, before, counted):
                self.enrolment = changed
                return True
        found = self._enrolments.enrolment(before.flow_id, before.subscriber_key)
        self.enrolment = found or before
        return False

    def brake(self) -> Brake | None:
        return self._brakes.brake()

    def pull_brake(self, brake: Brake) -> Brake:
        return self._brakes.pull_brake(brake)

    def release_brake(self) -> bool:
        return self._brakes.release_brake()

    def campaigns(self, status: CampaignStatus | None = None) -> Sequence[Campaign]:
        """A flow's steps are listed nowhere."""
        del status
        return ()

    def create(self, campaign: Campaign) -> None:
        raise IllegalTransitionError(f"{campaign.campaign_id} belongs to a flow.")

    def record_plan(self, campaign_id: CampaignId, plan: SlicePlan) -> SlicePlan:
        raise IllegalTransitionError(f"{campaign_id} belongs to a flow and plans nothing.")

    def plan(self, campaign_id: CampaignId, slice_number: int) -> SlicePlan | None:
        del campaign_id, slice_number
        return None

    def progress(self, campaign_id: CampaignId) -> Progress:
        """Return the step's totals over all entries, and those who left because of this one."""
        found = self._flows.totals(self.enrolment.flow_id).of_step(self._mine[1])
        return replace(found, opt_outs=self._brakes.progress(campaign_id).opt_outs)

    @property
    def _is_mine(self) -> bool:
        return (self.enrolment.entry, self.enrolment.step) == self._mine

"""May this campaign start? The one gate for the API, the console and the Step Functions page.

It is asked when somebody launches and again when the execution begins, because between the two a
schedule may leave days in which a segment or a wording changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.fingerprint import fingerprint
from assent.campaigns.model import CampaignStatus
from assent.errors import (
    ApprovalNeededError,
    AudienceEmptyError,
    RehearsalNeededError,
    RehearsalStaleError,
    RuleBrokenError,
)

if TYPE_CHECKING:
    from assent.audience.subscriber import SegmentStore
    from assent.campaigns.checks import Checked
    from assent.campaigns.model import Campaign, Rehearsed
    from assent.programmes.model import ProgrammeStore


@dataclass(frozen=True, slots=True)
class Clearance:
    """Clears campaigns. More than `approval_above` recipients need a second person; 0: never."""

    programmes: ProgrammeStore
    segments: SegmentStore
    approval_above: int = 0

    def require(
        self, campaign: Campaign, *, launcher: str | None, allow_empty: bool = False
    ) -> Checked:
        """Return what the definition refers to when the campaign may start.

        Raises what `DefinitionChecks.check` raises, RehearsalNeededError, RehearsalStaleError,
        RuleBrokenError, AudienceEmptyError and ApprovalNeededError.
        """
        checked = DefinitionChecks(self.programmes, self.segments).check(campaign.definition)
        rehearsed = campaign.rehearsed
        if rehearsed is None:
            message = "Rehearse the campaign first."
            raise RehearsalNeededError(message)
        is_same = rehearsed.fingerprint == self.fingerprint(campaign, checked)
        if not is_same or campaign.status is CampaignStatus.DRAFT:
            message = "The campaign, its segment or its programme has changed: rehearse it again."
            raise RehearsalStaleError(message)
        if rehearsed.errors:
            message = f"The rehearsal found a rule broken: {', '.join(rehearsed.errors)}."
            raise RuleBrokenError(message)
        if not rehearsed.recipients and not allow_empty:
            message = "Nobody would be texted; launch with allow_empty if that is meant."
            raise AudienceEmptyError(message)
        self._require_approval(campaign, rehearsed, launcher)
        return checked

    def fingerprint(self, campaign: Campaign, checked: Checked) -> str:
        """Return the hash of what a rehearsal of the campaign depends on now."""
        disclosures = self.programmes.latest_disclosures(campaign.definition.programme_id)
        return fingerprint(campaign.definition, checked, disclosures)

    def needs_approval(self, rehearsed: Rehearsed) -> bool:
        """Return whether so many recipients need a second person."""
        return 0 < self.approval_above < rehearsed.recipients

    def _require_approval(
        self, campaign: Campaign, rehearsed: Rehearsed, launcher: str | None
    ) -> None:
        if not self.needs_approval(rehearsed):
            return
        approval = campaign.approval
        if approval is None or approval.fingerprint != rehearsed.fingerprint:
            message = f"More than {self.approval_above} recipients need a second person's approval."
            raise ApprovalNeededError(message)
        if launcher == approval.by:
            message = "Whoever approved the campaign cannot be the one who launches it."
            raise ApprovalNeededError(message)

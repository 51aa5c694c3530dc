"""A launch without texts: the same questions to the same people, counted instead of claimed.

It runs slice by slice in a workflow of its own whose function may write neither a claim nor a
manifest, so that a rehearsal cannot send by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.clearance import Clearance
from assent.campaigns.findings import Findings
from assent.campaigns.lint import broken_rules, warnings
from assent.campaigns.model import CampaignStatus, Rehearsed
from assent.campaigns.rehearsal import MAY_BE_REHEARSED, Rehearsal, RehearsalStatus
from assent.campaigns.sieve import Sieve
from assent.errors import ChangedMeanwhileError, RehearsalNotFoundError, TryAgainError

if TYPE_CHECKING:
    from assent.audience.subscriber import SegmentStore, SubscriberScan
    from assent.campaigns.model import Campaign, CampaignStore
    from assent.campaigns.personal_links import PersonalLinks
    from assent.campaigns.rehearsal import RehearsalStore
    from assent.clock import Clock
    from assent.identifiers import CampaignId
    from assent.programmes.model import ProgrammeStore

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """The steps of a rehearsal. `links` are as long as those of the sending."""

    campaigns: CampaignStore
    store: RehearsalStore
    segments: SegmentStore
    programmes: ProgrammeStore
    subscribers: SubscriberScan
    clock: Clock
    links: PersonalLinks

    def slices(self, campaign_id: CampaignId, rehearsal_id: str) -> int:
        """Return how many slices to rehearse; none when another rehearsal has taken its place."""
        found = self._mine(campaign_id, rehearsal_id)
        return found.frozen.slices if found else 0

    def rehearse(self, campaign_id: CampaignId, rehearsal_id: str, slice_number: int) -> int:
        """Count one slice and return its recipients."""
        found = self._mine(campaign_id, rehearsal_id)
        if found is None:
            return 0
        campaign = replace(self.campaigns.campaign(campaign_id), frozen=found.frozen)
        sieve = Sieve.of(campaign, self.programmes, self.links, self.clock.now())
        findings = Findings()
        for subscriber in self.subscribers.slice(slice_number, found.frozen.slices):
            findings.note(subscriber, sieve.place(subscriber), sieve)
        self.store.record_slice(found, slice_number, findings)
        return findings.recipients

    def finish(self, campaign_id: CampaignId, rehearsal_id: str) -> RehearsalStatus:
        """Add the slices up and, if nothing has changed meanwhile, let the campaign rest on it.

        Raises TryAgainError when a slice is missing or the campaign never stands still.
        """
        found = self._mine(campaign_id, rehearsal_id)
        if found is None:
            return RehearsalStatus.OVERTAKEN
        findings, counted = Findings(), 0
        for each in self.store.slices(found):
            findings.add(each)
            counted += 1
        if counted < found.frozen.slices:
            message = "A slice of the rehearsal is missing."
            raise TryAgainError(message)
        return self._finished(found, findings)

    def fail(self, campaign_id: CampaignId, rehearsal_id: str) -> None:
        """Note that the workflow has given up."""
        found = self._mine(campaign_id, rehearsal_id)
        if found is not None:
            self._end(found, RehearsalStatus.FAILED)

    def _finished(self, found: Rehearsal, findings: Findings) -> RehearsalStatus:
        for _ in range(_ATTEMPTS):
            campaign = self.campaigns.campaign(found.campaign_id)
            checked = self._checks.check(campaign.definition)
            mark = self._clearance.fingerprint(campaign, checked)
            if mark != found.fingerprint or campaign.status not in MAY_BE_REHEARSED:
                return self._end(found, RehearsalStatus.OVERTAKEN)
            disclosures = self.programmes.latest_disclosures(campaign.definition.programme_id)
            done = replace(
                found,
                findings=findings,
                errors=broken_rules(checked.programme, disclosures),
                warnings=warnings(campaign.definition, checked, findings),
            )
            try:
                self._let_rest_on(campaign, done, findings)
            except ChangedMeanwhileError:
                continue
            return self._end(done, RehearsalStatus.DONE)
        message = "The campaign keeps changing."
        raise TryAgainError(message)

    def _let_rest_on(self, campaign: Campaign, done: Rehearsal, findings: Findings) -> None:
        mark = campaign.rehearsed
        if mark is not None and mark.rehearsal_id == done.rehearsal_id:
            return
        now = self.clock.now()
        errors = tuple(f"{note.code} {note.detail}".strip() for note in done.errors)
        rehearsed = Rehearsed(done.rehearsal_id, done.fingerprint, now, findings.recipients, errors)
        self.campaigns.replace(
            replace(campaign, status=CampaignStatus.REHEARSED, rehearsed=rehearsed),
            expected_version=campaign.version,
        )
        self.campaigns.log(campaign.campaign_id, now, done.started_by, "rehearsed")

    def _end(self, found: Rehearsal, status: RehearsalStatus) -> RehearsalStatus:
        is_current = self.store.finish(replace(found, status=status, finished_at=self.clock.now()))
        return status if is_current else RehearsalStatus.OVERTAKEN

    def _mine(self, campaign_id: CampaignId, rehearsal_id: str) -> Rehearsal | None:
        try:
            found = self.store.rehearsal(campaign_id)
        except RehearsalNotFoundError:
            return None
        return found if found.rehearsal_id == rehearsal_id else None

    @property
    def _checks(self) -> DefinitionChecks:
        return DefinitionChecks(self.programmes, self.segments)

    @property
    def _clearance(self) -> Clearance:
        return Clearance(self.programmes, self.segments)

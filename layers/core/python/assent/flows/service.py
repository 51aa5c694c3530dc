"""What a marketer does with a flow: draft, edit, check, activate, pause, end, look.

Activation is the launch of a flow: it fixes the words and asks for what a rehearsal would ask.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.errors import (
    ChangedMeanwhileError,
    IllegalTransitionError,
    RuleBrokenError,
    SendingStoppedError,
)
from assent.flows.as_campaign import link_id_of
from assent.flows.model import PERMITTED_FROM, Flow, FlowStatus
from assent.identifiers import FlowId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.model import CampaignStore
    from assent.clock import Clock
    from assent.flows.checks import FlowChecked, FlowChecks
    from assent.flows.model import FlowStore, FlowTotals, Plan
    from assent.identifiers import Ids


_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class FlowService:
    """Use cases over flows. `actor` is the staff member who asks."""

    store: FlowStore
    brakes: CampaignStore
    checks: FlowChecks
    clock: Clock
    ids: Ids

    def draft(self, plan: Plan, actor: str) -> Flow:
        """Create a draft. Raises what `FlowChecks.check` raises."""
        now = self.clock.now()
        flow = Flow(FlowId(self.ids.new("f")), plan, FlowStatus.DRAFT, now, actor)
        self.checks.check(flow)
        self.store.create(flow)
        self.store.log(flow.flow_id, now, actor, "drafted")
        return flow

    def edit(self, flow_id: FlowId, plan: Plan, expected_version: int, actor: str) -> Flow:
        """Replace a draft. Raises IllegalTransitionError once activated, ChangedMeanwhileError for
        another version, and what `FlowChecks.check` raises."""
        flow = self.store.flow(flow_id)
        if flow.status is not FlowStatus.DRAFT:
            message = f"A flow that is {flow.status} cannot be edited; draft a new one."
            raise IllegalTransitionError(message)
        wanted = replace(flow, plan=plan)
        self.checks.check(wanted)
        edited = self.store.replace(wanted, expected_version=expected_version)
        self.store.log(flow_id, self.clock.now(), actor, "edited")
        return edited

    def check(self, flow_id: FlowId) -> FlowChecked:
        """Return how the texts come out and what stands in the way."""
        return self.checks.check(self.store.flow(flow_id))

    def activate(self, flow_id: FlowId, actor: str) -> Flow:
        """Let people in and text them, or go on after a pause.

        Raises RuleBrokenError, SendingStoppedError while everything is stopped, and
        IllegalTransitionError.
        """
        flow = self.store.flow(flow_id)
        self._require(flow, FlowStatus.ACTIVE)
        if self.brakes.brake() is not None:
            message = "Everything has been stopped; release that first."
            raise SendingStoppedError(message)
        checked = self.checks.check(flow)
        if checked.errors:
            said = ", ".join(f"{note.code} {note.detail}".strip() for note in checked.errors)
            message = f"The check found a rule broken: {said}."
            raise RuleBrokenError(message)
        for step in range(len(flow.plan.steps)):
            self.store.lead(link_id_of(flow_id, step), flow_id, step)
        since = flow.activated_at or self.clock.now()
        active = replace(flow, status=FlowStatus.ACTIVE, activated_at=since)
        return self._write(active, actor, "activated")

    def pause(self, flow_id: FlowId, actor: str) -> Flow:
        """Stop texting within one text; people keep their place, and new ones do not enter."""
        return self._move(flow_id, FlowStatus.PAUSED, actor, "paused")

    def end(self, flow_id: FlowId, actor: str) -> Flow:
        """End the flow for good, and with it the ways of all who are in it."""
        return self._move(flow_id, FlowStatus.ENDED, actor, "ended")

    def pause_all(self, actor: str) -> None:
        """Pause every active flow because everything was stopped; what changes meanwhile is tried
        again."""
        for _ in range(_ATTEMPTS):
            active = [each for each in self.store.flows() if each.status is FlowStatus.ACTIVE]
            for flow in active:
                with suppress(ChangedMeanwhileError):
                    paused = replace(flow, status=FlowStatus.PAUSED)
                    self._write(paused, actor, "paused: everything was stopped")
            if not active:
                return

    def flow(self, flow_id: FlowId) -> Flow:
        """Raises FlowNotFoundError."""
        return self.store.flow(flow_id)

    def flows(self) -> Sequence[Flow]:
        """Return all, newest first."""
        return self.store.flows()

    def totals(self, flow_id: FlowId) -> FlowTotals:
        """Return the running totals."""
        return self.store.totals(flow_id)

    def _move(self, flow_id: FlowId, to: FlowStatus, actor: str, did: str) -> Flow:
        flow = self.store.flow(flow_id)
        self._require(flow, to)
        return self._write(replace(flow, status=to), actor, did)

    def _require(self, flow: Flow, to: FlowStatus) -> None:
        if flow.status not in PERMITTED_FROM[to]:
            message = f"A flow that is {flow.status} cannot become {to}."
            raise IllegalTransitionError(message)

    def _write(self, flow: Flow, actor: str, did: str) -> Flow:
        try:
            written = self.store.replace(flow, expected_version=flow.version)
        except ChangedMeanwhileError:
            message = "The flow has just changed; look at it again."
            raise ChangedMeanwhileError(message) from None
        self.store.log(flow.flow_id, self.clock.now(), actor, did)
        return written

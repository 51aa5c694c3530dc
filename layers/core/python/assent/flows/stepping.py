"""One person's next step: send it, put it off, or end their way, from one fresh look at them.

Before a text leaves the enrolment is taken, so that two runs do not work on it at once; that saves
work and nothing depends on it. What does hold is the claim: whoever finds one for this step lets
the sending find out what became of the text, and never begins another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.audience.facts import BEHAVIOUR
from assent.campaigns.may_send import Verdict, may_send
from assent.campaigns.model import CampaignStatus, Fate
from assent.campaigns.sending import Sending, SendStatus
from assent.campaigns.whereabouts import whereabouts_of
from assent.flows.as_campaign import (
    RUN,
    StepCampaigns,
    StepLinks,
    batch_of,
    campaign_of,
    link_id_of,
)
from assent.flows.model import Counted, FlowStatus

if TYPE_CHECKING:
    from datetime import datetime

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import BatchResult, Campaign
    from assent.flows.model import Enrolment, EnrolmentStore, Flow, FlowStore

# Longer than a run lasts, so that nobody takes what another run still works on.
TAKEN_FOR = timedelta(minutes=10)
_HELD_FOR = timedelta(hours=6)
# Ends by somebody's decision, nobody knows when.
_RESTING = frozenset({"held", "restricted"})
# What ends a person's way; any other reason concerns one text.
_FINAL = frozenset({"stopped", "withdrawn", "not_confirmed", "no_phone", "gone"})


class Stepped(StrEnum):
    """What came of a look. `overtaken`: another run was first, nothing was done."""

    SENT = "sent"
    LEFT_OUT = "left_out"
    FAILED = "failed"
    ENDED = "ended"
    PUT_OFF = "put_off"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Stepping:
    """Takes one enrolment on. `sending` works in the caller's thread."""

    flows: FlowStore
    enrolments: EnrolmentStore
    sending: Sending

    def step(self, flow: Flow, enrolment: Enrolment, deadline: float) -> Stepped:
        """Bring one due enrolment on before `deadline` (monotonic seconds); `flow` was read lately.

        Whatever a port raises leaves the enrolment to be looked at again.
        """
        found = self.sending.subscribers.by_keys([enrolment.subscriber_key])
        person = found.get(enrolment.subscriber_key)
        if person is None or person.standing.phone is None:
            return self._end(enrolment, "gone")
        promised = self.sending.programmes.programme(flow.plan.programme_id).max_per_month
        campaign = campaign_of(flow, enrolment, promised)
        is_begun = campaign.campaign_id in person.standing.claims or enrolment.result is not None
        if not is_begun:
            reason = self._reason_to_end(flow, enrolment, person)
            if reason is not None:
                return self._end(enrolment, reason)
            rest_until = self._rest_until(campaign, person)
            if rest_until is not None:
                return self._look_again(enrolment, rest_until)
        return self._send(flow, enrolment, promised, deadline)

    def _reason_to_end(self, flow: Flow, enrolment: Enrolment, person: Subscriber) -> str | None:
        if flow.status is FlowStatus.ENDED:
            return "flow_ended"
        goal = flow.plan.goal
        if goal is None:
            return None
        act = person.engagement.get(BEHAVIOUR[goal])
        # Acts are kept to the second, and the occasion itself is no goal.
        since = enrolment.entered_at.replace(microsecond=0)
        return "goal" if act is not None and act.last_at > since else None

    def _rest_until(self, campaign: Campaign, person: Subscriber) -> datetime | None:
        """Return when the person may be texted, None when the sending is to decide now."""
        now = self.sending.clock.now()
        if now >= campaign.require_frozen().expires_at:
            return None
        decision = may_send(person, campaign, now, whereabouts_of(person))
        if decision.verdict is Verdict.LATER:
            return decision.at
        if decision.reason in _RESTING:
            return now + _HELD_FOR
        return person.standing.paused_until if decision.reason == "paused" else None

    def _send(self, flow: Flow, enrolment: Enrolment, promised: int, deadline: float) -> Stepped:
        until = self.sending.clock.now() + TAKEN_FOR
        taken = replace(enrolment, due_at=until, version=enrolment.version + 1)
        if not self.enrolments.replace(taken, enrolment):
            return Stepped.OVERTAKEN
        campaigns = StepCampaigns(
            self.flows, self.enrolments, self.sending.campaigns, taken, promised
        )
        links = StepLinks(self.sending.links, link_id_of(flow.flow_id, taken.step))
        sending = replace(self.sending, campaigns=campaigns, links=links, workers=1)
        status = sending.send(taken.campaign_id, RUN, batch_of(taken), deadline)
        if status is not SendStatus.DONE:
            return Stepped.PUT_OFF
        result = campaigns.enrolment.result
        if result is None:
            return Stepped.OVERTAKEN
        return self._after(flow, campaigns.enrolment, result)

    def _after(self, flow: Flow, enrolment: Enrolment, result: BatchResult) -> Stepped:
        """Go on to the next step, or end, by the fate of this one."""
        fate, reason = _fate_of(result)
        if fate is Fate.SUPPRESSED and reason in _FINAL:
            return self._end(enrolment, reason)
        if fate is Fate.CANCELLED and reason == f"campaign_{CampaignStatus.CANCELLED}":
            return self._end(enrolment, "flow_ended")
        if enrolment.step + 1 >= len(flow.plan.steps):
            ended = self._end(enrolment, "completed")
            return ended if ended is Stepped.OVERTAKEN else _stepped(fate)
        step = enrolment.step + 1
        hours = flow.plan.steps[step].after_hours
        due_at = self.sending.clock.now() + timedelta(hours=hours)
        following = replace(
            enrolment,
            step=step,
            step_due_at=due_at,
            due_at=due_at,
            result=None,
            version=enrolment.version + 1,
        )
        is_written = self.enrolments.replace(following, enrolment)
        return _stepped(fate) if is_written else Stepped.OVERTAKEN

    def _end(self, enrolment: Enrolment, reason: str) -> Stepped:
        ended = replace(
            enrolment, ended=reason, due_at=None, result=None, version=enrolment.version + 1
        )
        is_written = self.enrolments.replace(ended, enrolment, Counted(ended=reason))
        return Stepped.ENDED if is_written else Stepped.OVERTAKEN

    def _look_again(self, enrolment: Enrolment, at: datetime) -> Stepped:
        moved = replace(enrolment, due_at=at, version=enrolment.version + 1)
        is_written = self.enrolments.replace(moved, enrolment)
        return Stepped.PUT_OFF if is_written else Stepped.OVERTAKEN


def _fate_of(result: BatchResult) -> tuple[Fate, str]:
    """Return the one person's fate and its reason, "" for a text that was sent."""
    fate = next(fate for fate, people in result.fates.items() if people)
    reasons = [reason for reason, people in result.reasons.items() if people]
    return fate, reasons[0].partition(":")[2] if reasons else ""


def _stepped(fate: Fate) -> Stepped:
    if fate is Fate.SENT:
        return Stepped.SENT
    return Stepped.FAILED if fate in {Fate.REFUSED, Fate.IN_DOUBT} else Stepped.LEFT_OUT

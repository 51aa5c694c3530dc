"""Flows: texts that start per person, from something that person did, and follow each other.

A flow's texts are sent as a campaign's are, each step of each entry under an id of its own, so that
claims, caps and hours need to know nothing of flows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.campaigns.model import Progress
from assent.identifiers import CampaignId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assent.campaigns.model import BatchResult
    from assent.identifiers import FlowId, ProgrammeId, SubscriberKey

# A claim is remembered for 45 days (campaigns.model.CLAIM_MEMORY); no entry follows sooner.
LEAST_RE_ENTRY_DAYS = 45
# A step that could not be sent for so long is left out: the moment has passed, and it must end long
# before its claim may be forgotten.
STEP_LIFE = timedelta(days=7)
# What happened longer ago starts nothing: an old purchase that is reported late is no occasion.
OCCASION_LIFE = timedelta(days=3)


class FlowStatus(StrEnum):
    """`draft → active ⇄ paused → ended`."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


PERMITTED_FROM: Mapping[FlowStatus, frozenset[FlowStatus]] = MappingProxyType(
    {
        FlowStatus.ACTIVE: frozenset({FlowStatus.DRAFT, FlowStatus.PAUSED}),
        FlowStatus.PAUSED: frozenset({FlowStatus.ACTIVE}),
        FlowStatus.ENDED: frozenset({FlowStatus.DRAFT, FlowStatus.ACTIVE, FlowStatus.PAUSED}),
    }
)


class Occasion(StrEnum):
    """What starts a flow for a person. The first two are reported; the others are looked for once
    a day."""

    PURCHASE = "purchase"
    VISIT = "visit"
    SIGN_UP = "sign_up"
    ANNIVERSARY = "anniversary"
    INACTIVITY = "inactivity"


REPORTED = frozenset({Occasion.PURCHASE, Occasion.VISIT})


@dataclass(frozen=True, slots=True)
class Trigger:
    """`days` without any act of the person's; only inactivity has them."""

    occasion: Occasion
    days: int | None = None


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One text, `after_hours` after the occasion or after the step before. `others` are its
    wordings by locale; `template` names the stored version that it was taken from."""

    after_hours: int
    body: str
    locale: str | None = None
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a marketer decides; fixed by activation. `goal` is the kind of behaviour that ends a
    person's way early. `re_entry_days` after an entry there may be another; None: never."""

    name: str
    programme_id: ProgrammeId
    trigger: Trigger
    steps: tuple[FlowStep, ...]
    goal: str | None = None
    re_entry_days: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. `is_settled`: it has ended, and nobody is on their way in it any more."""

    flow_id: FlowId
    plan: Plan
    status: FlowStatus
    created_at: datetime
    created_by: str
    version: int = 1
    activated_at: datetime | None = None
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person's way through a flow. `entry` counts a person's entries from one; `step` is the
    next to be sent, due for the first time at `step_due_at`; `due_at` is when to look again, None
    once it has `ended`. `result` is what the step has come to so far. `version` guards changes."""

    flow_id: FlowId
    subscriber_key: SubscriberKey
    entry: int
    entered_at: datetime
    step: int
    step_due_at: datetime
    due_at: datetime | None
    result: BatchResult | None = None
    ended: str | None = None
    version: int = 1

    @property
    def campaign_id(self) -> CampaignId:
        """The id under which this step of this entry is claimed and booked."""
        return CampaignId(f"{self.flow_id}.{self.step + 1}.{self.entry}")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a change of an enrolment adds to the flow's counters: a reason why it ended, or what a
    step has come to since it was last recorded."""

    ended: str | None = None
    result: BatchResult | None = None
    step: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FlowTotals:
    """Counters: people who entered, how their ways ended by reason, and the texts by step."""

    entered: int = 0
    ended: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    steps: Mapping[int, Progress] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def under_way(self) -> int:
        return self.entered - sum(self.ended.values())

    def of_step(self, step: int) -> Progress:
        return self.steps.get(step, Progress())


class FlowStore(Protocol):
    """Where flows and their logs are kept."""

    def flow(self, flow_id: FlowId) -> Flow:
        """Read consistently. Raises FlowNotFoundError."""
        ...

    def flows(self) -> Sequence[Flow]:
        """Return all, newest first; read consistently."""
        ...

    def create(self, flow: Flow) -> None:
        """Raises AlreadyExistsError."""
        ...

    def replace(self, flow: Flow, *, expected_version: int) -> Flow:
        """Write `flow`, its version raised by one, if the stored version is the expected one.
        Raises ChangedMeanwhileError."""
        ...

    def log(self, flow_id: FlowId, at: datetime, actor: str, decision: str) -> None:
        """Append one entry to the decision log."""
        ...

    def totals(self, flow_id: FlowId) -> FlowTotals:
        """Return the counters; read consistently."""
        ...

    def lead(self, campaign_id: CampaignId, flow_id: FlowId, step: int) -> None:
        """Let tracked links that name `campaign_id` lead to the step's targets; repeatable."""
        ...

    def led(self, campaign_id: CampaignId) -> tuple[FlowId, int] | None:
        """Return the flow and step that links of this id belong to."""
        ...


class EnrolmentStore(Protocol):
    """Where people's ways through flows are kept, one per flow and person."""

    def enrolment(self, flow_id: FlowId, subscriber_key: SubscriberKey) -> Enrolment | None:
        """Read consistently."""
        ...

    def enrol(self, enrolment: Enrolment, before: Enrolment | None) -> bool:
        """Write a new entry in the place of `before` (None: of nothing) and count it, in one
        transaction; False when something else stands there. Raises TryAgainError."""
        ...

    def replace(
        self, changed: Enrolment, before: Enrolment, counted: Counted | None = None
    ) -> bool:
        """Write `changed`, its version one above that of `before`, if `before` still stands, and
        add what is counted, in one transaction; False when it does not. Raises TryAgainError."""
        ...

    def due(self, flow_id: FlowId, until: datetime) -> Iterator[Enrolment]:
        """Return those to look at, a page at a time, the oldest of each partition first; may be
        seconds behind."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far one day's look over all subscribers has come: `next_slice` of `slices`."""

    day: str = ""
    slices: int = 0
    next_slice: int = 0

    @property
    def is_done(self) -> bool:
        return self.next_slice >= self.slices


class SweepStore(Protocol):
    """Where the daily look is kept, so that each takes up what the last left."""

    def sweep(self) -> Sweep:
        """Read consistently; an empty one before the first."""
        ...

    def move(self, sweep: Sweep, before: Sweep) -> bool:
        """Write `sweep` in the place of `before`; False when something else stands there."""
        ...

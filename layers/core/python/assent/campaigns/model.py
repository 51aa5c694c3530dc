"""A campaign, its permitted status changes, and the records that make it resumable and countable.

Every record is written once under a key of the trade (slice, batch), so that a crash, a retry or a
second execution repeats nothing and counts nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar

from assent.errors import IllegalTransitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.audience.rules import Rule
    from assent.audience.subscriber import Subscriber
    from assent.consent.model import Claim
    from assent.identifiers import CampaignId, ProgrammeId, SegmentId, SubscriberKey

# A claim on the subscriber outlives any run of its campaign; only then may it be forgotten.
MAX_CAMPAIGN_LIFE = timedelta(days=30)
CLAIM_MEMORY = timedelta(days=45)


K = TypeVar("K")


class CampaignStatus(StrEnum):
    """`draft → rehearsed → scheduled → running ⇄ paused → completed | cancelled`."""

    DRAFT = "draft"
    REHEARSED = "rehearsed"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


PERMITTED_FROM: Mapping[CampaignStatus, frozenset[CampaignStatus]] = MappingProxyType(
    {
        CampaignStatus.DRAFT: frozenset({CampaignStatus.REHEARSED, CampaignStatus.SCHEDULED}),
        CampaignStatus.REHEARSED: frozenset({CampaignStatus.DRAFT, CampaignStatus.REHEARSED}),
        CampaignStatus.SCHEDULED: frozenset({CampaignStatus.REHEARSED, CampaignStatus.PAUSED}),
        CampaignStatus.RUNNING: frozenset(
            {
                CampaignStatus.REHEARSED,
                CampaignStatus.SCHEDULED,
                CampaignStatus.PAUSED,
            }
        ),
        CampaignStatus.PAUSED: frozenset({CampaignStatus.RUNNING, CampaignStatus.SCHEDULED}),
        CampaignStatus.COMPLETED: frozenset({CampaignStatus.RUNNING}),
        CampaignStatus.CANCELLED: frozenset(
            {
                CampaignStatus.DRAFT,
                CampaignStatus.REHEARSED,
                CampaignStatus.SCHEDULED,
                CampaignStatus.RUNNING,
                CampaignStatus.PAUSED,
            }
        ),
    }
)
ENDED = frozenset({CampaignStatus.COMPLETED, CampaignStatus.CANCELLED})


class QuietHours(StrEnum):
    """Which calendar binds the campaign. `override` is an operator's act and needs a reason."""

    LEGAL = "legal"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several texts that are tried against each other. `weight` is its share among them."""

    name: str
    weight: int
    body: str
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a marketer decides; frozen at launch. `body` is a template in `locale` (None: the
    programme's first), `others` are its wordings by locale, and `template` names the stored version
    that both were taken from. With `variants`, theirs are the texts and `body` is the first's.
    `hours` of the person's day, such as `("10:00", "18:00")`, narrow what the law permits."""

    name: str
    programme_id: ProgrammeId
    segment_id: SegmentId
    body: str
    quiet_hours: QuietHours = QuietHours.LEGAL
    quiet_hours_reason: str | None = None
    hold_out_percent: int = 0
    locale: str | None = None
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    template: str | None = None
    variants: tuple[Variant, ...] = ()
    hours: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What launch fixes besides the definition, so that later edits change nothing under way."""

    rule: Rule
    promised_per_month: int
    launched_at: datetime
    expires_at: datetime
    slices: int
    batch_size: int


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The rehearsal that a launch rests on. `fingerprint` is of all that its result depends on,
    `errors` are the rules that it found broken."""

    rehearsal_id: str
    fingerprint: str
    at: datetime
    recipients: int
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """A second person's consent to exactly what was rehearsed."""

    by: str
    at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LaunchOrder:
    """What whoever launched asked for. `start_at` None means at once. With `local_time` (a wall
    clock, `2026-11-27T10:00:00`) each person is texted from that time of their own place on."""

    by: str
    at: datetime
    allow_empty: bool = False
    start_at: datetime | None = None
    local_time: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. `run` counts executions that took it up; `execution_id` names the last.
    `editors` changed the definition after `created_by` had drafted it."""

    campaign_id: CampaignId
    definition: Definition
    status: CampaignStatus
    created_at: datetime
    created_by: str
    version: int = 1
    run: int = 0
    execution_id: str | None = None
    frozen: Frozen | None = None
    editors: tuple[str, ...] = ()
    rehearsed: Rehearsed | None = None
    approval: Approval | None = None
    order: LaunchOrder | None = None

    def require_frozen(self) -> Frozen:
        """Return what launch fixed. Raises IllegalTransitionError before the launch."""
        if self.frozen is None:
            message = f"A {self.status} campaign has not been launched."
            raise IllegalTransitionError(message)
        return self.frozen


class Fate(StrEnum):
    """How a planned candidate ended; every candidate ends in exactly one."""

    SENT = "sent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    NOT_RENDERABLE = "not_renderable"
    HELD_OUT = "held_out"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to `batch_size` candidates that may be texted from the same instant on. `parts` is the
    planner's count over all of them, for pacing."""

    batch_id: str
    subscriber_keys: tuple[SubscriberKey, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Release:
    """The batches of one slice that open at the same instant, as a manifest object."""

    release_at: datetime
    manifest_key: str
    batches: int
    candidates: int


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """What planning one scan slice came to. `excluded` counts those who are no candidates,
    by reason."""

    slice_number: int
    releases: tuple[Release, ...]
    held_out: int
    excluded: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def candidates(self) -> int:
        return sum(release.candidates for release in self.releases)

    @property
    def batches(self) -> int:
        return sum(release.batches for release in self.releases)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one batch has come to so far; `is_done` when every candidate has a fate.
    `reasons` has keys such as `suppressed:withdrawn`, `variants` such as `A:sent`."""

    batch_id: str
    fates: Mapping[Fate, int]
    reasons: Mapping[str, int]
    parts_sent: int
    variants: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    is_done: bool = True

    def since(self, previous: BatchResult | None) -> BatchResult:
        """Return the difference, which may be negative where a fate was decided anew."""
        if previous is None:
            return self
        return BatchResult(
            self.batch_id,
            _less(self.fates, previous.fates),
            _less(self.reasons, previous.reasons),
            self.parts_sent - previous.parts_sent,
            variants=_less(self.variants, previous.variants),
            is_done=self.is_done and not previous.is_done,
        )


def _less(these: Mapping[K, int], those: Mapping[K, int]) -> Mapping[K, int]:
    both = {key: these.get(key, 0) - those.get(key, 0) for key in [*these, *those]}
    return {key: count for key, count in both.items() if count}


@dataclass(frozen=True, slots=True)
class Progress:
    """Running totals of a campaign, kept by counters and never by scanning. `recent` holds parts
    sent by minute since 1970; `opt_outs` are people whom this campaign texted last before they
    left."""

    planned: int = 0
    batches: int = 0
    batches_done: int = 0
    slices_planned: int = 0
    fates: Mapping[Fate, int] = field(default_factory=lambda: MappingProxyType({}))
    reasons: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    excluded: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    variants: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    clicks: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    parts_sent: int = 0
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    recent: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    opt_outs: int = 0

    @property
    def sent(self) -> int:
        return self.fates.get(Fate.SENT, 0)

    @property
    def left(self) -> int:
        """People who have no fate yet."""
        return self.planned - sum(self.fates.values())

    def rate(self, now: datetime) -> float:
        """Return the parts a second over the last minute; the minute before counts by its share."""
        minute, seconds = divmod(now.timestamp(), 60)
        parts = self.recent.get(int(minute), 0)
        parts_before = self.recent.get(int(minute) - 1, 0) * (60 - seconds) / 60
        return (parts + parts_before) / 60

    @property
    def adds_up(self) -> bool:
        """The identity: planned = sent + refused + suppressed + not_renderable + held_out +
        in_doubt + cancelled."""
        return self.planned == sum(self.fates.values())

    def is_counted(self, campaign: Campaign) -> bool:
        """Whether every slice is planned and every batch done; a campaign that never was launched
        has nobody to count."""
        if campaign.frozen is None:
            return True
        all_planned = self.slices_planned >= campaign.frozen.slices
        return all_planned and self.batches_done >= self.batches


@dataclass(frozen=True, slots=True)
class Brake:
    """Everything is stopped, since when and by whom."""

    at: datetime
    by: str


class CampaignStore(Protocol):
    """Where campaigns, their plans, results and counters are kept."""

    def campaign(self, campaign_id: CampaignId) -> Campaign:
        """Read consistently. Raises CampaignNotFoundError."""
        ...

    def campaigns(self, status: CampaignStatus | None = None) -> Sequence[Campaign]:
        """Return all of a status (or all), newest first."""
        ...

    def create(self, campaign: Campaign) -> None:
        """Raises AlreadyExistsError."""
        ...

    def replace(self, campaign: Campaign, *, expected_version: int) -> Campaign:
        """Write `campaign`, its version raised by one, if the stored version is the expected one;
        append `campaign.status` changes to the decision log. Raises ChangedMeanwhileError."""
        ...

    def log(self, campaign_id: CampaignId, at: datetime, actor: str, decision: str) -> None:
        """Append one entry to the decision log."""
        ...

    def record_plan(self, campaign_id: CampaignId, plan: SlicePlan) -> SlicePlan:
        """Write a slice's plan once and add its totals to the counters, in one transaction; return
        the stored plan, which is the earlier one when there was one.

        `planned` grows by candidates and held out, `fates[held_out]` by held out, `batches` by
        batches, `slices_planned` by one and `excluded` by reason.
        """
        ...

    def plan(self, campaign_id: CampaignId, slice_number: int) -> SlicePlan | None: ...

    def record_batch(
        self,
        campaign_id: CampaignId,
        result: BatchResult,
        at: datetime,
        previous: BatchResult | None = None,
    ) -> bool:
        """Write what a batch has come to in the place of `previous` (None: of nothing) and add the
        difference to the counters, in one transaction; return False, with nothing written, when
        something else stands there. More texts than before set `first_sent_at` (once) and
        `last_sent_at` to `at`."""
        ...

    def batch(self, campaign_id: CampaignId, batch_id: str) -> BatchResult | None:
        """Return what the batch had come to when it was last recorded; read consistently."""
        ...

    def is_batch_done(self, campaign_id: CampaignId, batch_id: str) -> bool: ...

    def progress(self, campaign_id: CampaignId) -> Progress:
        """Read consistently; all zero before planning."""
        ...

    def brake(self) -> Brake | None:
        """Return who stopped everything, None when nothing is stopped; read consistently."""
        ...

    def pull_brake(self, brake: Brake) -> Brake:
        """Stop everything; return the brake that stands, which is the earlier one if there was."""
        ...

    def release_brake(self) -> bool:
        """Let go; False when nothing was stopped."""
        ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim is ours: the text may be published once, before its deadline."""


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """The item is not as it was decided on; `current` is what it is now (None: gone)."""

    current: Subscriber | None


class ClaimStore(Protocol):
    """The conditional write that decides each text."""

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        """Write `claim` on the subscriber and drop the claims named in `forget`, in one update.

        Conditions: consent to the claim's programme is confirmed, no brand-wide stop, no hold, no
        claim by this campaign, `claims_version` as in `subscriber`. Throttling and network errors
        are raised as TryAgainError: then nothing may be published.
        """
        ...

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        """Take back exactly `claim` (its campaign, its instant) and raise `claims_version`; do
        nothing when it does not stand any more.

        Only for whoever holds the claim and knows for certain that its text did not leave. Raises
        TryAgainError when nobody can tell whether the claim stands.
        """
        ...


class ManifestStore(Protocol):
    """Where planned batches wait for their release."""

    def draft(self) -> ManifestDraft:
        """Return a manifest without batches; nobody sees it before it is kept."""
        ...

    def read(self, key: str) -> Sequence[Batch]: ...


class ManifestDraft(Protocol):
    """A manifest that is being written, batch by batch, so that memory need not hold it."""

    def add(self, batch: Batch) -> None: ...

    def keep(self, key: str) -> None:
        """Write it once and for all, replacing an equal one."""
        ...


class Workflow(Protocol):
    """Starts executions of one state machine."""

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        """Start an execution called `name`; return False when one of that name exists."""
        ...

    def is_running(self, execution_id: str) -> bool:
        """Return whether the execution with this id is still under way."""
        ...

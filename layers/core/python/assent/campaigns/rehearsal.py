"""A rehearsal as it is kept: what was assumed, what was counted, what stands in the way.

Only the newest of a campaign is kept; the campaign itself remembers which one a launch rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.campaigns.model import CampaignStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assent.campaigns.findings import Findings
    from assent.campaigns.model import Frozen
    from assent.identifiers import CampaignId


MAY_BE_REHEARSED = frozenset({CampaignStatus.DRAFT, CampaignStatus.REHEARSED})


class RehearsalStatus(StrEnum):
    """`overtaken`: what it rests on changed while it ran, so its result is worth nothing."""

    RUNNING = "running"
    DONE = "done"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a marketer should know: a stable code, and what it is about."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`frozen` is what a launch at `started_at` would have frozen. `errors` forbid the launch."""

    rehearsal_id: str
    campaign_id: CampaignId
    status: RehearsalStatus
    fingerprint: str
    started_at: datetime
    started_by: str
    frozen: Frozen
    finished_at: datetime | None = None
    findings: Findings | None = None
    errors: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


class RehearsalStore(Protocol):
    """Where the newest rehearsal of each campaign is kept."""

    def start(self, rehearsal: Rehearsal) -> None:
        """Put this one in the place of the one before."""
        ...

    def finish(self, rehearsal: Rehearsal) -> bool:
        """Write how it ended; False when another was started meanwhile, and then nothing is."""
        ...

    def rehearsal(self, campaign_id: CampaignId) -> Rehearsal:
        """Read consistently. Raises RehearsalNotFoundError."""
        ...

    def record_slice(self, rehearsal: Rehearsal, slice_number: int, findings: Findings) -> None:
        """Write what one slice came to, over what it came to before."""
        ...

    def slices(self, rehearsal: Rehearsal) -> Iterator[Findings]:
        """Yield the slices of this very rehearsal that are recorded, one at a time."""
        ...

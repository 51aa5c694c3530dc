"""Everything that concerns one number, gathered for a person who was never here to read.

It is gathered once per bundle, from records only; what had to be worked out again (why a campaign
did not text) says so and says what it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.campaigns.model import Campaign
    from assent.campaigns.past import PastDecision
    from assent.evidence.history import ConsentAt, HistoryEntry
    from assent.evidence.staff_audit import CheckedEntry
    from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
    from assent.inbound.inbox import InboxItem
    from assent.messages.ledger import LedgerRow
    from assent.phone import PhoneNumber
    from assent.programmes.model import Disclosure, Programme


@dataclass(frozen=True, slots=True)
class ShownWording:
    """A consent wording that events name. `is_same`: its hash is the one that they committed to;
    `disclosure` is None where it is not to be found. `seqs` are those events."""

    programme_id: ProgrammeId
    locale: str
    version: int
    disclosure: Disclosure | None
    is_same: bool
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """A campaign of one of the person's programmes that did not text them, and why, as far as it
    can be told."""

    campaign: Campaign
    decision: PastDecision

    @property
    def is_explained(self) -> bool:
        """Whether a rule forbade it; otherwise nothing that is kept says why."""
        return self.decision.reason not in ("permitted", "window_overridden")


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is told. `phone` is None where the number was erased. `programmes` and `campaigns` are
    those that are named anywhere, as far as they still exist; `left_out` is how many campaigns are
    older than are looked at."""

    subscriber_key: SubscriberKey
    phone: PhoneNumber | None
    export_id: str
    ordered_by: str
    ordered_at: datetime
    standings: Sequence[ConsentAt]
    stopped: bool
    held: bool
    wordings: Sequence[ShownWording]
    entries: Sequence[HistoryEntry]
    texts: Sequence[LedgerRow]
    silences: Sequence[Silence]
    replies: Sequence[InboxItem]
    accesses: Sequence[CheckedEntry]
    programmes: Mapping[ProgrammeId, Programme]
    campaigns: Mapping[CampaignId, Campaign]
    left_out: int = 0

"""The newest rehearsal of each campaign in dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assent.campaigns.findings import Findings
from assent.errors import RehearsalNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assent.campaigns.rehearsal import Rehearsal
    from assent.identifiers import CampaignId


@dataclass
class InMemoryRehearsalStore:
    """`RehearsalStore`."""

    _newest: dict[CampaignId, Rehearsal] = field(default_factory=dict)
    _slices: dict[tuple[CampaignId, int], tuple[str, Findings]] = field(default_factory=dict)

    def start(self, rehearsal: Rehearsal) -> None:
        self._newest[rehearsal.campaign_id] = rehearsal

    def finish(self, rehearsal: Rehearsal) -> bool:
        current = self._newest.get(rehearsal.campaign_id)
        if current is None or current.started_at != rehearsal.started_at:
            return False
        self._newest[rehearsal.campaign_id] = rehearsal
        return True

    def rehearsal(self, campaign_id: CampaignId) -> Rehearsal:
        try:
            return self._newest[campaign_id]
        except KeyError:
            raise RehearsalNotFoundError(campaign_id) from None

    def record_slice(self, rehearsal: Rehearsal, slice_number: int, findings: Findings) -> None:
        entry = (rehearsal.rehearsal_id, findings)
        self._slices[rehearsal.campaign_id, slice_number] = entry

    def slices(self, rehearsal: Rehearsal) -> Iterator[Findings]:
        for number in range(rehearsal.frozen.slices):
            rehearsal_id, findings = self._slices.get(
                (rehearsal.campaign_id, number), ("", Findings())
            )
            if rehearsal_id == rehearsal.rehearsal_id:
                yield findings

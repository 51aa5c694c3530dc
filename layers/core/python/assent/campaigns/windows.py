"""Batches that fill up while a slice streams by, and the manifests they are written to.

One manifest per release instant, so that one map sends it. A finished batch goes to its window's
draft at once: memory holds one batch per window, however many people there are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.model import Batch, Release

if TYPE_CHECKING:
    from datetime import datetime

    from assent.campaigns.model import Campaign, ManifestDraft, ManifestStore
    from assent.identifiers import SubscriberKey

# One invocation sends a batch and must be able to finish it at the full rate.
_BATCH_SECONDS = 100


@dataclass(slots=True)
class _Window:
    """What opens at one instant: a draft of finished batches and the batch being filled."""

    draft: ManifestDraft
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    batches: int = 0
    candidates: int = 0
    keys: list[SubscriberKey] = field(default_factory=list)
    parts: int = 0


class Windows:
    """The release windows of one slice of one campaign."""

    def __init__(
        self,
        campaign: Campaign,
        slice_number: int,
        manifests: ManifestStore,
        *,
        parts_per_second: int,
    ) -> None:
        self._folder = f"campaigns/{campaign.campaign_id}/slice-{slice_number}"
        self._slice_number = slice_number
        self._manifests = manifests
        self._batch_size = campaign.require_frozen().batch_size
        self._batch_parts = parts_per_second * _BATCH_SECONDS
        self._windows: dict[datetime, _Window] = {}

    def add(self, release_at: datetime, subscriber_key: SubscriberKey, parts: int) -> None:
        """Put a candidate into the batch that its window is filling."""
        instant = _whole_second(release_at)
        window = self._windows.get(instant)
        if window is None:
            window = self._windows[instant] = _Window(self._manifests.draft())
        is_full = len(window.keys) >= self._batch_size
        if window.keys and (is_full or window.parts + parts > self._batch_parts):
            self._finish_batch(instant, window)
        window.keys.append(subscriber_key)
        window.parts += parts

    def releases(self) -> tuple[Release, ...]:
        """Write every window's manifest; return the releases, earliest first."""
        return tuple(self._written(*entry) for entry in sorted(self._windows.items(), key=_instant))

    def _finish_batch(self, instant: datetime, window: _Window) -> None:
        batch_id = f"s{self._slice_number}-{instant:%Y%m%dT%H%M%S}-{window.batches:06d}"
        batch = Batch(batch_id, tuple(window.keys), window.parts)
        window.draft.add(batch)
        window.digest.update(_told(batch))
        window.batches += 1
        window.candidates += len(window.keys)
        window.keys, window.parts = [], 0

    def _written(self, instant: datetime, window: _Window) -> Release:
        # A window is made for a candidate, so there is always a batch being filled.
        self._finish_batch(instant, window)
        name = f"{instant:%Y%m%dT%H%M%SZ}-{window.digest.hexdigest()[:16]}"
        key = f"{self._folder}/{name}.json"
        window.draft.keep(key)
        return Release(instant, key, window.batches, window.candidates)


def _instant(entry: tuple[datetime, _Window]) -> datetime:
    return entry[0]


def _whole_second(instant: datetime) -> datetime:
    """Round up: a window must never open a fraction of a second too early."""
    if not instant.microsecond:
        return instant
    return instant.replace(microsecond=0) + timedelta(seconds=1)


def _told(batch: Batch) -> bytes:
    """Return what a manifest's name tells of each batch."""
    return f"{batch.batch_id} {batch.parts} {' '.join(batch.subscriber_keys)}\n".encode()

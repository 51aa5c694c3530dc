"""Batches that fill up while a slice streams by, and the manifests they are written to.

One manifest per release instant, so that one map sends it; memory holds the keys of one slice,
which a million people fill with about 100 MB.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.campaigns.model import Batch, Release

if TYPE_CHECKING:
    from datetime import datetime

    from assent.campaigns.model import Campaign, ManifestStore
    from assent.identifiers import SubscriberKey

# One invocation sends a batch and must be able to finish it at the full rate.
_BATCH_SECONDS = 100


@dataclass(slots=True)
class _Window:
    """What opens at one instant: finished batches and the one being filled."""

    batches: list[Batch] = field(default_factory=list)
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
        window = self._windows.setdefault(instant, _Window())
        is_full = len(window.keys) >= self._batch_size
        if window.keys and (is_full or window.parts + parts > self._batch_parts):
            self._finish_batch(instant, window)
        window.keys.append(subscriber_key)
        window.parts += parts

    def releases(self) -> tuple[Release, ...]:
        """Write every window's manifest; return the releases, earliest first."""
        return tuple(self._written(*entry) for entry in sorted(self._windows.items(), key=_instant))

    def _finish_batch(self, instant: datetime, window: _Window) -> None:
        batch_id = f"s{self._slice_number}-{instant:%Y%m%dT%H%M%S}-{len(window.batches):06d}"
        window.batches.append(Batch(batch_id, tuple(window.keys), window.parts))
        window.keys, window.parts = [], 0

    def _written(self, instant: datetime, window: _Window) -> Release:
        # A window is made for a candidate, so there is always a batch being filled.
        self._finish_batch(instant, window)
        key = f"{self._folder}/{instant:%Y%m%dT%H%M%SZ}-{_digest(window.batches)}.json"
        self._manifests.write(key, window.batches)
        candidates = sum(len(batch.subscriber_keys) for batch in window.batches)
        return Release(instant, key, len(window.batches), candidates)


def _instant(entry: tuple[datetime, _Window]) -> datetime:
    return entry[0]


def _whole_second(instant: datetime) -> datetime:
    """Round up: a window must never open a fraction of a second too early."""
    if not instant.microsecond:
        return instant
    return instant.replace(microsecond=0) + timedelta(seconds=1)


def _digest(batches: list[Batch]) -> str:
    sha = hashlib.sha256()
    for batch in batches:
        sha.update(f"{batch.batch_id} {batch.parts} {' '.join(batch.subscriber_keys)}\n".encode())
    return sha.hexdigest()[:16]

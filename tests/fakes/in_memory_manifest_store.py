"""Manifests in a dictionary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.model import Batch


@dataclass(frozen=True)
class InMemoryManifestStore:
    """`ManifestStore`; `manifests` may be looked into."""

    manifests: dict[str, tuple[Batch, ...]] = field(default_factory=dict)

    def draft(self) -> InMemoryManifestDraft:
        return InMemoryManifestDraft(self.manifests)

    def read(self, key: str) -> Sequence[Batch]:
        return self.manifests[key]


@dataclass(frozen=True)
class InMemoryManifestDraft:
    """`ManifestDraft`."""

    manifests: dict[str, tuple[Batch, ...]]
    batches: list[Batch] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        self.batches.append(batch)

    def keep(self, key: str) -> None:
        self.manifests[key] = tuple(self.batches)

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

    def write(self, key: str, batches: Sequence[Batch]) -> None:
        self.manifests[key] = tuple(batches)

    def read(self, key: str) -> Sequence[Batch]:
        return self.manifests[key]

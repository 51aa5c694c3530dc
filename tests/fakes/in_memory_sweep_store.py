"""How far the provider's list was read, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.provider_opt_outs.sweeping import Sweep


class InMemorySweepStore:
    """A `SweepStore`."""

    def __init__(self) -> None:
        self._sweep: Sweep | None = None

    def load(self) -> Sweep | None:
        return self._sweep

    def save(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def end(self) -> None:
        self._sweep = None

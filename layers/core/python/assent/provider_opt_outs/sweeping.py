"""Provider to us: the whole list is read, page by page, and what we did not know is recorded.

How far it was read is kept after each page, so that a run which ends early, or dies, goes on there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from assent.errors import InvalidCursorError
from assent.provider_opt_outs.learning import Learnt, Word
from assent.provider_opt_outs.spacing import Spacing

if TYPE_CHECKING:
    from datetime import datetime

    from assent.clock import Clock
    from assent.provider_opt_outs.learning import Learning
    from assent.provider_opt_outs.model import ListPage, ProviderOptOutList

REASON = "provider_list"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A reading of the list that is under way. `cursor`: the page to read next."""

    started_at: datetime
    cursor: str | None = None


class SweepStore(Protocol):
    """Where the sweep under way is kept. Losing it means reading the list from its start."""

    def load(self) -> Sweep | None:
        """Return the sweep under way, read consistently."""
        ...

    def save(self, sweep: Sweep) -> None:
        """Keep how far it has come."""
        ...

    def end(self) -> None:
        """Forget it: the list was read to its end."""
        ...


@dataclass(slots=True)
class Swept:
    """What one run read. `is_complete`: the last page was reached."""

    learnt: Counter[Learnt] = field(default_factory=Counter)
    pages: int = 0
    unreadable: int = 0
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Reads the provider's list."""

    opt_outs: ProviderOptOutList
    learning: Learning
    sweeps: SweepStore
    clock: Clock

    def sweep(self, deadline: float) -> Swept:
        """Read on from where the last run ended, until the list ends or `deadline` (monotonic
        seconds) has passed; one page is always read. Raises TryAgainError; then the next run goes
        on with the same page."""
        sweep = self.sweeps.load() or Sweep(self.clock.now())
        spacing = Spacing(self.clock, self.opt_outs.rates.reads)
        swept = Swept()
        while not swept.is_complete:
            spacing.wait()
            heard_at = self.clock.now()
            page = self._page(sweep.cursor)
            self._take(page, heard_at, swept)
            if page.cursor is None:
                swept.is_complete = True
                self.sweeps.end()
                break
            sweep = Sweep(sweep.started_at, page.cursor)
            self.sweeps.save(sweep)
            if self.clock.monotonic() >= deadline:
                break
        return swept

    def _page(self, cursor: str | None) -> ListPage:
        try:
            return self.opt_outs.page(cursor)
        except InvalidCursorError:
            return self.opt_outs.page(None)

    def _take(self, page: ListPage, heard_at: datetime, swept: Swept) -> None:
        swept.pages += 1
        swept.unreadable += page.unreadable
        for listed in page.numbers:
            word = Word(listed.phone, heard_at, REASON, listed.opted_out_at)
            swept.learnt[self.learning.learn(word)] += 1

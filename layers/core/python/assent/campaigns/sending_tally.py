"""The fates of one batch while it is being sent, and the ledger rows not yet written.

A fate counts only with its row safe: the batch's result is recorded after the last flush, and a row
lost in a crash is found again from its claim.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from assent.campaigns.model import BatchResult, Fate
from assent.messages.ledger import Outcome

if TYPE_CHECKING:
    from assent.campaigns.model import Batch
    from assent.clock import Clock
    from assent.identifiers import SubscriberKey
    from assent.messages.ledger import LedgerRow, MessageLedger

FLUSH_ROWS = 25
# Well below the age at which another worker may call a claim without a row in doubt.
FLUSH_SECONDS = 5.0

_FATES = {
    Outcome.SENT: Fate.SENT,
    Outcome.REFUSED: Fate.REFUSED,
    Outcome.IN_DOUBT: Fate.IN_DOUBT,
}


class Tally:
    """Fates by person. Safe to share between the threads of one worker."""

    def __init__(self, batch: Batch, ledger: MessageLedger, clock: Clock) -> None:
        self._batch_id = batch.batch_id
        self.planned_parts = batch.parts
        self._open = dict.fromkeys(batch.subscriber_keys)
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.RLock()
        self._fates: Counter[Fate] = Counter()
        self._reasons: Counter[str] = Counter()
        self._variants: Counter[str] = Counter()
        self._parts_sent = 0
        self._rows: list[LedgerRow] = []
        self._oldest_row_at = 0.0
        self._barred_by: str | None = None
        for _ in range(len(batch.subscriber_keys) - len(self._open)):
            self._count(Fate.SUPPRESSED, "listed_twice")

    @property
    def open(self) -> tuple[SubscriberKey, ...]:
        """Those without a fate, in the batch's order."""
        with self._lock:
            return tuple(self._open)

    def settle(self, subscriber_key: SubscriberKey, fate: Fate, reason: str) -> None:
        """Give a person who was not texted in this attempt their fate."""
        with self._lock:
            del self._open[subscriber_key]
            self._count(fate, reason)

    def found(self, row: LedgerRow) -> None:
        """Give a person the fate that the ledger shows."""
        with self._lock:
            del self._open[row.subscriber_key]
            self._count(_FATES[row.outcome], row.reason or row.outcome.value)
            if row.variant is not None:
                self._variants[f"{row.variant}:{_FATES[row.outcome]}"] += 1
            if row.outcome is Outcome.SENT:
                self._parts_sent += row.parts

    def texted(self, row: LedgerRow) -> None:
        """Keep the row of a text just handled, and its fate; write rows out when enough wait."""
        with self._lock:
            if not self._rows:
                self._oldest_row_at = self._clock.monotonic()
            self._rows.append(row)
            self.found(row)
            is_due = len(self._rows) >= FLUSH_ROWS or self._is_stale()
            rows = self._taken() if is_due else []
        self._write(rows)

    def flush(self) -> None:
        """Write the rows that wait; on an error they go on waiting."""
        with self._lock:
            rows = self._taken()
        self._write(rows)

    def _taken(self) -> list[LedgerRow]:
        rows, self._rows = self._rows, []
        return rows

    def _write(self, rows: list[LedgerRow]) -> None:
        """Write while the other threads go on."""
        try:
            if rows:
                self._ledger.record(rows)
        except BaseException:
            with self._lock:
                self._rows = rows + self._rows
            raise

    def result(self) -> BatchResult:
        """Return what the batch has come to so far."""
        with self._lock:
            return BatchResult(
                self._batch_id,
                dict(self._fates),
                dict(self._reasons),
                self._parts_sent,
                dict(self._variants),
                is_done=not self._open,
            )

    def barred(self, reason: str) -> None:
        """Note that the carrier takes nothing of this account, for this reason."""
        with self._lock:
            self._barred_by = reason

    @property
    def barred_by(self) -> str | None:
        """The carrier's reason to take nothing of this account, None while it takes texts."""
        with self._lock:
            return self._barred_by

    def failures(self) -> tuple[int, int]:
        """Return how many were refused or are in doubt, and how many were handed over or tried."""
        with self._lock:
            failed = self._fates[Fate.REFUSED] + self._fates[Fate.IN_DOUBT]
            return failed, failed + self._fates[Fate.SENT]

    def _is_stale(self) -> bool:
        return self._clock.monotonic() - self._oldest_row_at >= FLUSH_SECONDS

    def _count(self, fate: Fate, reason: str) -> None:
        self._fates[fate] += 1
        if fate is not Fate.SENT:
            self._reasons[f"{fate}:{reason}"] += 1

"""Fires the template's schedules while the stack runs: rate(...) expressions, each on its own timer
thread.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT, REGION

if TYPE_CHECKING:
    from infra.local.lambdas import Function

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """A schedule of the template. payload: the input it is declared with; None means EventBridge's
    own event.
    """

    name: str
    expression: str
    function: Function
    payload: Any = None

    @property
    def seconds(self) -> int | None:
        """Seconds between two runs; None for expressions that the local stack does not run (cron,
        at).
        """
        match = _RATE.fullmatch(self.expression.strip())
        return int(match.group(1)) * _SECONDS[match.group(2)] if match else None

    def event(self) -> Any:
        """What the function receives."""
        if self.payload is not None:
            return self.payload
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self.name}"],
            "detail": {},
        }


class Timer:
    """Runs one schedule."""

    def __init__(self, schedule: Schedule, seconds: int) -> None:
        self._schedule = schedule
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"schedule-{schedule.name}", daemon=True
        )

    def start(self) -> None:
        """Begin; the first run comes after one full interval, as on AWS."""
        self._thread.start()

    def stop(self) -> None:
        """End; a run under way is finished first."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._schedule.function.invoke(self._schedule.event())
            except Exception as error:  # the next run is its retry
                log.warning("%s raised %s", self._schedule.function.folder, type(error).__name__)

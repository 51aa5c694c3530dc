"""Fires schedules while the stack runs: the template's rate(...) expressions, each on its own timer
thread, and the one-time at(...) schedules that functions make.
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
    from infra.local.cloud import Cloud
    from infra.local.lambdas import Function

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\(([0-9T:-]+)\)")
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


def fire_due(cloud: Cloud, now: datetime) -> int:
    """Start what one-time schedules have become due for and forget them; returns how many."""
    scheduler, fired = cloud.client("scheduler"), 0
    for each in scheduler.list_schedules()["Schedules"]:
        wanted = scheduler.get_schedule(Name=each["Name"])
        match = _AT.fullmatch(wanted["ScheduleExpression"])
        if match is None or datetime.fromisoformat(f"{match.group(1)}+00:00") > now:
            continue
        target = wanted["Target"]
        cloud.client("stepfunctions").start_execution(
            stateMachineArn=target["Arn"], name=str(uuid.uuid4()), input=target["Input"]
        )
        scheduler.delete_schedule(Name=each["Name"])
        fired += 1
    return fired


class OneTimeTimer:
    """Looks every second for one-time schedules that are due."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="one-time-schedules", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(1):
            try:
                fire_due(self._cloud, datetime.now(UTC))
            except Exception as error:  # the next look is its retry
                log.warning("one-time schedules raised %s", type(error).__name__)


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

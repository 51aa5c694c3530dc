"""Structured log and metrics, made in one place with one vocabulary.

One INFO line per business event, metrics named in the past tense, dimensions `service` and
`stage` only. No request, event or phone number is ever passed to the log.
"""

from __future__ import annotations

import functools
import os
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SERVICE = "assent"
_NAMESPACE = "Assent"


@functools.cache
def logger() -> Logger:
    """Return the process's logger."""
    return Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", _SERVICE))


@functools.cache
def _sink() -> EphemeralMetrics:
    sink = EphemeralMetrics(
        service=os.environ.get("POWERTOOLS_SERVICE_NAME", _SERVICE),
        namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", _NAMESPACE),
    )
    sink.set_default_dimensions(stage=os.environ.get("STAGE", "dev"))
    return sink


class _Tally:
    """Counts until they are written. Worker threads count too, and the local stack runs all
    functions in one process, so adding and writing wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._is_cold = True

    def add(self, name: str, value: float) -> None:
        with self._lock:
            self._counts[name] += value  # type: ignore[assignment]

    def flush(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
            if self._is_cold:
                counts["ColdStart"] += 1
                self._is_cold = False
            if not counts:
                return
            sink = _sink()
            for name, value in counts.items():
                sink.add_metric(name=name, unit=MetricUnit.Count, value=value)
            sink.flush_metrics()


_TALLY = _Tally()


def count(name: str, value: float = 1) -> None:
    """Add `value` occurrences of the past-tense event `name`, such as `SmsSent`."""
    _TALLY.add(name, value)


def record(event: str, facts: Mapping[str, object]) -> None:
    """Write one INFO line for a business event; `facts` hold ids, reasons and counts only."""
    logger().info(event, extra=dict(facts))


@contextmanager
def invocation(correlation_id: str) -> Iterator[None]:
    """Name every log line of one invocation by what it works on (an API request id, an inbound
    message id, an execution), and write its metrics at the end, also when it fails."""
    logger().thread_safe_append_keys(correlation_id=correlation_id)
    try:
        yield
    finally:
        logger().thread_safe_clear_keys()
        _TALLY.flush()

"""Structured log and metrics, made in one place with one vocabulary.

One INFO line per business event, metrics named in the past tense, dimensions `service` and
`stage` only. No request, event or phone number is ever passed to the log.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def logger() -> Logger:
    """Return the process's logger; the service name comes from POWERTOOLS_SERVICE_NAME."""
    return Logger()


@functools.cache
def metrics() -> Metrics:
    """Return the process's metrics, flushed by the `log_metrics` decorator of each handler."""
    sink = Metrics()
    sink.set_default_dimensions(stage=os.environ.get("STAGE", "dev"))
    return sink


def count(name: str, value: float = 1) -> None:
    """Add `value` occurrences of the past-tense event `name`, such as `SmsSent`."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


def record(event: str, facts: Mapping[str, object]) -> None:
    """Write one INFO line for a business event; `facts` hold ids, reasons and counts only."""
    logger().info(event, extra=dict(facts))

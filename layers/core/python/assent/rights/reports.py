"""Where the reports of the rights' own jobs are kept: deletions by rule and day, reviews."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Report = Mapping[str, object]


class ReportKind(StrEnum):
    """`retention`: what one rule deleted on one day, `<day>#<rule>`. `review`: one period's, by its
    first day. `progress`: how far a job is."""

    RETENTION = "retention"
    REVIEW = "review"
    PROGRESS = "progress"


class ReportStore(Protocol):
    """Reports are JSON objects under a kind and an id whose order is that of time."""

    def put(self, kind: ReportKind, report_id: str, report: Report) -> None:
        """Write, or replace what is there."""
        ...

    def one(self, kind: ReportKind, report_id: str) -> Report | None:
        """Return a report, read consistently."""
        ...

    def page(
        self, kind: ReportKind, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[tuple[str, Report]], str | None]:
        """Return up to `limit` (id, report) with `id < before`, newest first, and where to go on;
        None at the end."""
        ...

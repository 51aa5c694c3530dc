"""Reports in a dictionary."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.rights.reports import Report, ReportKind


class InMemoryReportStore:
    """A `ReportStore`."""

    def __init__(self) -> None:
        self._reports: dict[tuple[ReportKind, str], Report] = {}

    def put(self, kind: ReportKind, report_id: str, report: Report) -> None:
        self._reports[kind, report_id] = copy.deepcopy(dict(report))

    def one(self, kind: ReportKind, report_id: str) -> Report | None:
        return self._reports.get((kind, report_id))

    def page(
        self, kind: ReportKind, *, limit: int, before: str | None = None
    ) -> tuple[Sequence[tuple[str, Report]], str | None]:
        ids = sorted((each for of, each in self._reports if of is kind), reverse=True)
        older = [each for each in ids if before is None or each < before]
        page = [(each, self._reports[kind, each]) for each in older[:limit]]
        return page, page[-1][0] if len(older) > limit else None

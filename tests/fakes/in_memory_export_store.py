"""Exports in a dict, with the compare-and-set of the real table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ExportNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.evidence.export import Export
    from assent.identifiers import ExportId


class InMemoryExportStore:
    """An `ExportStore` that forgets when it goes."""

    def __init__(self) -> None:
        self._exports: dict[ExportId, Export] = {}

    def create(self, export: Export) -> None:
        if export.export_id in self._exports:
            message = "an export of this id exists"
            raise AlreadyExistsError(message)
        self._exports[export.export_id] = export

    def export(self, export_id: ExportId) -> Export:
        try:
            return self._exports[export_id]
        except KeyError:
            message = "no export has this id"
            raise ExportNotFoundError(message) from None

    def exports(self) -> Sequence[Export]:
        return sorted(
            self._exports.values(), key=lambda e: (e.created_at, e.export_id), reverse=True
        )

    def save(self, export: Export) -> Export:
        stored = self._exports.get(export.export_id)
        if stored is None or stored.version != export.version:
            message = "the export was changed meanwhile"
            raise ChangedMeanwhileError(message)
        saved = replace(export, version=export.version + 1)
        self._exports[export.export_id] = saved
        return saved

"""Imports in a dict, with the compare-and-set of the real table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError, ChangedMeanwhileError, ImportNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.identifiers import ImportId
    from assent.imports.model import Import


class InMemoryImportStore:
    """An `ImportStore` that forgets when it goes."""

    def __init__(self) -> None:
        self._imports: dict[ImportId, Import] = {}

    def create(self, made: Import) -> None:
        if made.import_id in self._imports:
            message = "an import of this id exists"
            raise AlreadyExistsError(message)
        self._imports[made.import_id] = made

    def one(self, import_id: ImportId) -> Import:
        try:
            return self._imports[import_id]
        except KeyError:
            message = "no import has this id"
            raise ImportNotFoundError(message) from None

    def all(self) -> Sequence[Import]:
        return sorted(
            self._imports.values(), key=lambda i: (i.created_at, i.import_id), reverse=True
        )

    def save(self, changed: Import) -> Import:
        stored = self._imports.get(changed.import_id)
        if stored is None or stored.version != changed.version:
            message = "the import was changed meanwhile"
            raise ChangedMeanwhileError(message)
        saved = replace(changed, version=changed.version + 1)
        self._imports[changed.import_id] = saved
        return saved

"""Stored texts in a dictionary."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError, TemplateNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.identifiers import TemplateId
    from assent.messages.stored import StoredTemplate


class InMemoryTemplateStore:
    """`TemplateStore` that keeps every version."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: dict[TemplateId, dict[int, StoredTemplate]] = {}

    def add(self, template: StoredTemplate) -> None:
        with self._lock:
            versions = self._versions.setdefault(template.template_id, {})
            if template.version in versions:
                raise AlreadyExistsError("the version exists")
            versions[template.version] = template

    def template(self, template_id: TemplateId, version: int | None = None) -> StoredTemplate:
        with self._lock:
            versions = self._versions.get(template_id, {})
            wanted = max(versions, default=0) if version is None else version
            if wanted not in versions:
                raise TemplateNotFoundError("no such version")
            return versions[wanted]

    def newest(self) -> Sequence[StoredTemplate]:
        with self._lock:
            return [self._versions[k][max(self._versions[k])] for k in sorted(self._versions)]

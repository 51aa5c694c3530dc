"""Remembers which executions were started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RecordingExportWorkflow:
    """An `ExportWorkflow`; a name starts once."""

    def __init__(self) -> None:
        self.started: dict[str, Mapping[str, str]] = {}

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        if name in self.started:
            return False
        self.started[name] = payload
        return True

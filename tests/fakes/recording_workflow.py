"""Remembers which executions were started; a test says which of them still run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RecordingWorkflow:
    """`Workflow`; an execution's id is its name behind `PREFIX`, and it runs until `end`."""

    PREFIX = "execution:"

    started: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        if name in self.started:
            return False
        self.started[name] = dict(payload)
        return True

    def is_running(self, execution_id: str) -> bool:
        name = execution_id.removeprefix(self.PREFIX)
        return name in self.started and name not in self.ended

    def end(self, name: str) -> None:
        """Let the execution called `name` be over."""
        self.ended.add(name)

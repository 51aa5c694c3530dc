"""A carrier that keeps what it is given and answers as it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assent.messages.ledger import Outcome, SendResult, at_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.clock import Clock
    from assent.messages.ledger import OutboundText


@dataclass
class RecordingSmsSender:
    """`SmsSender`. `answer` decides each result (None: sent); with a `clock`, `sent_at` says when
    each text came."""

    answer: Callable[[OutboundText], SendResult | None] = lambda _text: None
    clock: Clock | None = None
    texts: list[OutboundText] = field(default_factory=list)
    sent_at: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def send(self, text: OutboundText, may_leave: Callable[[], bool] = at_once) -> SendResult:
        if not may_leave():
            return SendResult(Outcome.ABORTED, reason="held_back")
        with self._lock:
            self.texts.append(text)
            if self.clock is not None:
                self.sent_at.append(self.clock.now())
            number = len(self.texts)
        return self.answer(text) or SendResult(Outcome.SENT, f"provider-{number}")

    @property
    def bodies(self) -> list[str]:
        """Return the texts' words, in the order of sending."""
        return [text.body for text in self.texts]

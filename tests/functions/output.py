"""What functions wrote: the log's handler holds on to the stream that was there when it was made,
so it is handed one that writes to whatever pytest captures at that moment."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assent.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Iterator


class _StdoutOfNow:
    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@contextmanager
def captured_log() -> Iterator[None]:
    """Let the log go where `capsys` reads. The former stream may be closed: it is not flushed."""
    handler: Any = logger().registered_handler
    before, handler.stream = handler.stream, _StdoutOfNow()
    try:
        yield
    finally:
        handler.stream = before

"""Keeps what functions print away from the terminal: one JSON-lines file per function.

Functions write to standard output as they do on Lambda. Several of them run at once in one process,
so the stream that stands in for standard output looks up whose thread is writing. Threads that a
function starts itself share one file.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_writer: contextvars.ContextVar[str | None] = contextvars.ContextVar("function", default=None)


class FunctionOutput:
    """A text stream: writes of a function go to its file, anything else to the stream that was
    there before.
    """

    def __init__(self) -> None:
        self.plain: TextIO = sys.__stdout__ or sys.stderr
        self.folder: Path | None = None
        self._files: dict[str, TextIO] = {}
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        name = _writer.get()
        if name is None and threading.current_thread() is not threading.main_thread():
            name = "threads"
        if name is None or self.folder is None:
            return self.plain.write(text)
        with self._lock:
            if name not in self._files:
                self._files[name] = (self.folder / f"{name}.jsonl").open(
                    "a", buffering=1, encoding="utf-8"
                )
            return self._files[name].write(text)

    def flush(self) -> None:
        with self._lock:
            for each in (*self._files.values(), self.plain):
                with contextlib.suppress(ValueError):
                    each.flush()

    def close_files(self) -> None:
        """Close the functions' files; the stream itself stays usable, since loggers hold on to
        it.
        """
        with self._lock:
            for each in self._files.values():
                each.close()
            self._files.clear()
            self.folder = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


_NOBODY = logging.NullHandler()
# Loggers made while a function was first imported keep their stream for the life of the process.
_OUTPUT = FunctionOutput()


def _stand_in() -> None:
    """Test runners put standard output of their own in place again and again."""
    if sys.stdout is not _OUTPUT:
        _OUTPUT.plain = sys.stdout
        sys.stdout = _OUTPUT


@contextlib.contextmanager
def capture(folder: Path) -> Iterator[FunctionOutput]:
    """Collect functions' output under folder while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    _OUTPUT.folder = folder
    _stand_in()
    try:
        yield _OUTPUT
    finally:
        if sys.stdout is _OUTPUT:
            sys.stdout = _OUTPUT.plain
        _OUTPUT.close_files()


@contextlib.contextmanager
def own_log(path: Path) -> Iterator[None]:
    """Keep what the local stack and moto have to say in a file while the block runs."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("infra.local", "moto", "samtranslator")]
    for logger in loggers:
        logger.addHandler(handler)
        # Threads that are still being stopped afterwards have nobody left to tell.
        logger.addHandler(_NOBODY)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


@contextlib.contextmanager
def writing_as(function: str) -> Iterator[None]:
    """Output of this thread belongs to the function while the block runs."""
    _stand_in()
    token = _writer.set(function)
    try:
        yield
    finally:
        _writer.reset(token)

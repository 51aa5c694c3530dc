"""Replaces a part of moto for as long as the stack runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import contextlib


def replace(owner: Any, name: str, value: Any, undo: contextlib.ExitStack) -> Any:
    """Set owner's attribute until undo is closed; returns what was there."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    undo.callback(setattr, owner, name, before)
    return before

"""Ids that can be foreseen: each kind counts up from one."""

from __future__ import annotations

import itertools
from collections import defaultdict


class SequentialIds:
    """`new("c")` gives `c_000000000001`, `code()` gives `000001`, `salt()` 32 hex digits."""

    def __init__(self) -> None:
        self._counters: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._counters[prefix]):012d}"

    def code(self) -> str:
        return f"{next(self._counters['code']) % 10**6:06d}"

    def salt(self) -> str:
        return f"{next(self._counters['salt']):032x}"

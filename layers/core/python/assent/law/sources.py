"""The law as data: the JSON tables beside this module, read once, when first asked for.

They are data so that a rule can be corrected, with its source, without touching code.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = Path(__file__).with_name("data")


@functools.cache
def table(name: str) -> Mapping[str, Any]:
    """Return `data/<name>.json`."""
    content = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    return MappingProxyType(content)


def expanded(words_by_key: Mapping[str, str]) -> dict[str, str]:
    """Return {word: key} of a table that lists the words of each key in one line."""
    return {word: key for key, words in words_by_key.items() for word in words.split()}

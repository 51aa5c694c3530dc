"""How large DynamoDB counts an item, which is what it bills.

AWS, "DynamoDB item sizes and formats": names and text in UTF-8 bytes; a number one byte per two
significant digits, plus one; a list or map 3 bytes, plus 1 for each element; null and booleans 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item that is spelt as the API spells it."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(str(content).encode())
    if kind == "B":
        return len(bytes(content))
    if kind == "N":
        digits = str(content).lstrip("-0").rstrip("0")
        return 1 + -(-len(digits) // 2) + str(content).startswith("-")
    if kind == "L":
        return 3 + sum(1 + _value_bytes(inner) for inner in content)
    if kind == "M":
        return 3 + sum(1 + len(n.encode()) + _value_bytes(v) for n, v in content.items())
    return 1

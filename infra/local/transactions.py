"""Makes moto's DynamoDB transactions cost what they touch.

moto copies every table of a transaction whole before it begins, so that a cancelled one can be
undone: with 10,000 subscribers each opt-in would copy them all. Copying only the items that the
transaction names undoes the same.
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib

_ABSENT = object()


class _CopyWithoutTables:
    """The copy module as moto sees it: tables are handed back as they are while a transaction
    runs.
    """

    def __init__(self) -> None:
        self.inside = threading.local()

    def deepcopy(self, thing: Any, memo: dict[int, Any] | None = None) -> Any:
        from moto.dynamodb.models.table import Table

        if getattr(self.inside, "transaction", False) and isinstance(thing, Table):
            return thing
        return copy.deepcopy(thing, memo)

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)


def _touched(backend: Any, operation: dict[str, Any]) -> tuple[Any, Any, Any] | None:
    from moto.dynamodb.models.dynamo_type import DynamoType

    detail = next(iter(operation.values()))
    table = backend.tables.get(str(detail.get("TableName", "")).split("/")[-1])
    key = detail.get("Key") or detail.get("Item") or {}
    if table is None or table.hash_key_attr not in key:
        return None
    range_name = table.range_key_attr
    if range_name and range_name not in key:
        return None
    range_value = DynamoType(key[range_name]) if range_name else None
    return table, DynamoType(key[table.hash_key_attr]), range_value


def _remember(spot: tuple[Any, Any, Any]) -> Any:
    table, hash_value, range_value = spot
    found = table.items.get(hash_value, _ABSENT)
    if range_value is not None and found is not _ABSENT:
        found = found.get(range_value, _ABSENT)
    return found if found is _ABSENT else copy.deepcopy(found)


def _put_back(spot: tuple[Any, Any, Any], item: Any) -> None:
    table, hash_value, range_value = spot
    holder, key = table.items, hash_value
    if range_value is not None:
        if hash_value not in table.items:
            return
        holder, key = table.items[hash_value], range_value
    if item is _ABSENT:
        holder.pop(key, None)
    else:
        holder[key] = item
    if range_value is not None and not holder:
        table.items.pop(hash_value, None)


def patch_transactions(undo: contextlib.ExitStack) -> None:
    """Replace moto's copying until undo is closed. Call with moto started."""
    from moto.dynamodb import models

    plain = models.DynamoDBBackend.transact_write_items
    shim = _CopyWithoutTables()

    def transact(backend: Any, transact_items: list[dict[str, Any]]) -> None:
        spots = [spot for each in transact_items if (spot := _touched(backend, each))]
        before = [(spot, _remember(spot)) for spot in spots]
        shim.inside.transaction = True
        try:
            plain(backend, transact_items)
        except Exception:
            for spot, item in reversed(before):
                _put_back(spot, item)
            raise
        finally:
            shim.inside.transaction = False

    replace(models.DynamoDBBackend, "transact_write_items", transact, undo)
    replace(models, "copy", shim, undo)

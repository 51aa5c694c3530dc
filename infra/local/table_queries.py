"""Makes moto's DynamoDB queries cost what they match.

moto sorts a whole table for each query of it. A query of the table itself names one partition, so
sorting that partition alone gives the same answer.
"""

from __future__ import annotations

import inspect
import threading
from typing import TYPE_CHECKING, Any

from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib


def patch_queries(undo: contextlib.ExitStack) -> None:
    """Narrow queries of tables, not of their indexes, until undo is closed."""
    from moto.dynamodb.models.table import Table

    inside = threading.local()
    arguments = inspect.signature(Table.query)

    def query(table: Any, *given: Any, **named: Any) -> Any:
        bound = arguments.bind(table, *given, **named).arguments
        if bound.get("index_name") is None and table.range_key_attr:
            inside.partition = bound["hash_key"]
        try:
            return plain_query(table, *given, **named)
        finally:
            inside.partition = None

    def all_items(table: Any) -> Any:
        partition = getattr(inside, "partition", None)
        if partition is None:
            return plain_all_items(table)
        return sorted(table.items.get(partition, {}).values(), key=lambda item: item.range_key)

    plain_query = replace(Table, "query", query, undo)
    plain_all_items = replace(Table, "all_items", all_items, undo)

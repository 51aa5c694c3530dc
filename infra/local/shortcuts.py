"""Work that moto and botocore do anew for each call, though its result never changes.

A fourth of the local stack's time went there (profiled over the demo's sign-ups). Nothing here
decides anything: each shortcut returns what the long way round would.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib

_TABLES = "dynamodb"


def take_shortcuts(undo: contextlib.ExitStack) -> None:
    """Take them until undo is closed."""
    from botocore.useragent import UserAgentString
    from moto.core import responses, utils
    from moto.core.serialize import ResponseSerializer

    names = functools.cache(utils.method_names_from_class)
    replace(responses, "method_names_from_class", names, undo)
    replace(ResponseSerializer, "get_value", _looked_up(ResponseSerializer.get_value), undo)
    replace(UserAgentString, "to_string", lambda _: "assent-local", undo)


def _looked_up(long_way: Any) -> Any:
    """moto tries up to eight spellings of each member's name. What it answers for DynamoDB are
    dictionaries under AWS's own names, and most members of an attribute's value are absent."""

    def get_value(serializer: Any, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and serializer.operation_model.service_model.service_name == _TABLES:
            return value.get(key)
        return long_way(serializer, value, key, shape)

    return get_value

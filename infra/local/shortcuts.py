"""Work that moto and botocore do anew for each call, though its result never changes.

A fourth of the local stack's time went there (profiled over the demo's sign-ups). Nothing here
decides anything: each shortcut returns what the long way round would.
"""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING, Any

from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib

_TABLES = "dynamodb"
_REQUEST_ID_BYTES = 26
_A_DAY = "20260101T000000Z"


def take_shortcuts(undo: contextlib.ExitStack) -> None:
    """Take them until undo is closed."""
    from botocore.auth import SigV4Auth
    from botocore.useragent import UserAgentString
    from moto.core import responses, utils
    from moto.core.serialize import ResponseSerializer
    from moto.utilities import aws_headers

    names = functools.cache(utils.method_names_from_class)
    replace(responses, "method_names_from_class", names, undo)
    replace(ResponseSerializer, "get_value", _looked_up(ResponseSerializer.get_value), undo)
    replace(UserAgentString, "to_string", lambda _: "assent-local", undo)
    replace(aws_headers, "gen_amzn_requestid_long", _request_id, undo)
    replace(SigV4Auth, "add_auth", _signed(SigV4Auth.add_auth), undo)


def _looked_up(long_way: Any) -> Any:
    """moto tries up to eight spellings of each member's name. What it answers for DynamoDB are
    dictionaries under AWS's own names, and most members of an attribute's value are absent."""

    def get_value(serializer: Any, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and serializer.operation_model.service_model.service_name == _TABLES:
            return value.get(key)
        return long_way(serializer, value, key, shape)

    return get_value


def _request_id(headers: Any = None) -> str:
    """moto draws each of 52 letters by itself."""
    made = secrets.token_hex(_REQUEST_ID_BYTES)
    if isinstance(headers, dict):
        headers["x-amzn-requestid"] = made
    return made


def _signed(long_way: Any) -> Any:
    """Nobody here checks a signature; moto reads the key and the region that stand before it. What
    goes out of this process, to a DynamoDB in moto's place, is signed as ever, and so are links."""

    def add_auth(auth: Any, request: Any) -> None:
        is_plain = vars(type(auth)).get("add_auth") is add_auth
        if not is_plain or "amazonaws.com" not in request.url:
            long_way(auth, request)
            return
        # The long way puts the instant into the request, which the scope is made of.
        request.context["timestamp"] = _A_DAY
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders=host, Signature=none"
        )

    return add_auth

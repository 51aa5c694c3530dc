"""Reads a scan's page straight from its JSON, as equal values as the SDK's own parser gives.

The SDK walks its model once more for each value of each item, which takes several times as long as
all that planning then asks of a person, and holds the page twice. A test compares the two; should
the SDK stop telling of its answers, pages are read by it, only more slowly.
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OK = 200
_NOTHING_LEFT = b"{}"


def read_plainly(client: DynamoDBClient) -> None:
    """Have this client's scans read here from now on; whatever else it asks is read by the SDK."""
    client.meta.events.register("before-parse.dynamodb.Scan", _read, unique_id="plain-pages")


def _read(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Take the body away from the SDK and put what it says into the answer."""
    if response_dict["status_code"] != _OK:
        return
    try:
        page = json.loads(response_dict["body"], object_hook=_with_bytes)
    except ValueError:
        # The SDK knows what to make of an answer that is none.
        return
    customized_response_dict.update(page)
    response_dict["body"] = _NOTHING_LEFT


def _with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    """Decode a binary value. In an attribute that is merely called `B` there is no text but a
    value, which is a dict."""
    if "B" in found and isinstance(found["B"], str):
        found["B"] = b64decode(found["B"])
    if "BS" in found and isinstance(found["BS"], list):
        found["BS"] = [b64decode(each) for each in found["BS"]]
    return found

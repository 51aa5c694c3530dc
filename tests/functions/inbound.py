"""Texts from phones as the queue hands them over, built on a recorded event."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from tests.functions.world import sample

_NUMBERS = itertools.count(1)


def an_entry(**payload: Any) -> dict[str, Any]:
    """Return one SQS record; fields that are given as ... are left out of the payload."""
    entry: dict[str, Any] = sample("inbound_sms")["Records"][0]
    envelope = json.loads(entry["body"])
    number = next(_NUMBERS)
    text = {**json.loads(envelope["Message"]), "inboundMessageId": f"in-{number}", **payload}
    envelope["Message"] = json.dumps({k: v for k, v in text.items() if v is not ...})
    envelope["Timestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**entry, "messageId": f"sqs-{number}", "body": json.dumps(envelope)}


def an_event(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(entries)}

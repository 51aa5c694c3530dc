"""Answers with the event it received, so that a test can compare it with API Gateway's."""

from __future__ import annotations

import functools
import json
import os
import sys
from typing import Any


@functools.cache
def wiring() -> dict[str, str]:
    return {
        name: os.environ.get(name, "") for name in ("GREETING", "OWN", "SHARED", "API_URL", "TABLE")
    }


def handler(event: dict[str, Any], context: Any) -> Any:
    if event.get("rawPath") == "/fail":
        raise RuntimeError("this handler fails")
    if event.get("rawPath") == "/greet":
        return {
            "statusCode": 201,
            "headers": {"Content-Type": "text/plain", "X-Own": "1"},
            "cookies": ["a=1", "b=2; Path=/"],
            "body": "aGVsbG8=",
            "isBase64Encoded": True,
        }
    remaining = context.get_remaining_time_in_millis()
    sys.stdout.write(json.dumps({"said": wiring()["GREETING"]}) + "\n")
    return {"event": event, "env": wiring(), "remaining": remaining, "name": context.function_name}

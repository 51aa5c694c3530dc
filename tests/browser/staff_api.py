"""The staff API, for what a story needs to be there before it begins."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from infra.local.seed import PROGRAMME, programme

if TYPE_CHECKING:
    from infra.local.stack import LocalStack


def ask(
    stack: LocalStack, method: str, path: str, body: Any = None, group: str = "marketing"
) -> Any:
    """Return what a staff route answers. Raises urllib's HTTPError for a refusal."""
    data = None if body is None else json.dumps(body).encode()
    headers = {
        "authorization": f"Bearer {stack.token(group)}",
        "content-type": "application/json",
    }
    request = urllib.request.Request(stack.url + path, data, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own stack
        return json.loads(answer.read())


def name_origins(stack: LocalStack, *origins: str) -> None:
    """Let these web sites show the demo programme's form."""
    (known,) = [
        each
        for each in ask(stack, "GET", "/v1/programmes")["items"]
        if each["programme_id"] == PROGRAMME
    ]
    terms = {name: value for name, value in programme().items() if name != "programme_id"}
    changed = {**terms, "origins": list(origins), "version": known["version"]}
    ask(stack, "PUT", f"/v1/programmes/{PROGRAMME}", changed)

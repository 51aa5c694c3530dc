"""HTTP requests as the gateway would hand them over, built on recorded events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.functions.world import sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.functions.world import World


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The problem's code; asserts that it is a whole problem document."""
        problem = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "code", "detail", "request_id"} <= set(problem)
        assert problem["status"] == self.status
        assert problem["request_id"] == self.headers["X-Request-Id"] != ""
        return str(problem["code"])


def request(
    method: str,
    path: str,
    *,
    body: Any = None,
    raw: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    group: str | None = None,
    ip: str = "198.51.100.7",
) -> dict[str, Any]:
    """Return an event; `raw` is a body as sent, `body` one to write as JSON."""
    event = sample("staff_request" if group else "opt_in")
    text = raw if body is None else json.dumps(body)
    http = event["requestContext"]["http"]
    http.update(method=method, path=path, sourceIp=ip)
    event.update(rawPath=path, rawQueryString=urlencode(query or {}), body=text)
    event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} {path}"
    event["headers"]["content-type"] = "application/json"
    event["headers"].update(headers or {})
    event.pop("queryStringParameters", None)
    if query:
        event["queryStringParameters"] = dict(query)
    if group:
        event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = f"[{group}]"
    return event


def answer(raw: Mapping[str, Any]) -> Answer:
    """Return the function's answer, with its headers checked."""
    headers = raw["headers"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert raw["isBase64Encoded"] is False
    return Answer(raw["statusCode"], headers, raw["body"])


@dataclass(frozen=True)
class Client:
    """One caller of one function."""

    world: World
    function: str
    group: str | None = None

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        event = request(method, path, body=body, group=self.group, **more)
        return answer(self.world.invoke(self.function, event))

    def get(self, path: str, **query: str) -> Answer:
        return self.send("GET", path, query=query)

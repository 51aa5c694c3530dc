"""HTTP requests as API Gateway's payload format 2.0, and a handler's answer as an HTTP response."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from infra.local.cloud import ACCOUNT

if TYPE_CHECKING:
    from infra.local.routes import Route

PAYLOAD_LIMIT = 10 * 1024 * 1024
_TEXT = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/problem+json",
)


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came in. path is decoded, query is not; headers in order, names as
    sent.
    """

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """All values of a header, joined with commas; None when it was not sent."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def problem(status: int, message: str) -> Response:
    """What API Gateway itself answers: {"message": "Not Found"}."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Response(status, [("content-type", "application/json")], body)


def _body(request: Request) -> dict[str, Any]:
    if not request.body:
        return {"isBase64Encoded": False}
    kind = (request.header("content-type") or "").lower()
    if kind.startswith(_TEXT):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _headers(request: Request) -> dict[str, str]:
    names = dict.fromkeys(name.lower() for name, _ in request.headers)
    names.pop("cookie", None)
    joined = {name: request.header(name) or "" for name in names}
    joined.setdefault("content-length", str(len(request.body)))
    return joined


def _query(request: Request) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _request_context(
    request: Request, route: Route, claims: dict[str, str] | None
) -> dict[str, Any]:
    now = time.time()
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": request.header("host") or "localhost",
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": uuid.uuid4().hex[:15] + "=",
        "routeKey": route.key,
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return context


def to_event(
    request: Request, route: Route, path_parameters: dict[str, str], claims: dict[str, str] | None
) -> dict[str, Any]:
    """The event that the route's function receives."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": _headers(request),
        "requestContext": _request_context(request, route, claims),
        **_body(request),
    }
    cookies = request.header("cookie")
    if cookies:
        event["cookies"] = [each.strip() for each in cookies.split(";") if each.strip()]
    query = _query(request)
    if query:
        event["queryStringParameters"] = query
    if path_parameters:
        event["pathParameters"] = path_parameters
    return event


def to_response(answer: Any) -> Response:
    """The HTTP response for a handler's answer; anything without a statusCode is the body of a 200,
    as on AWS.

    Raises ValueError when API Gateway could not read the answer either.
    """
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Response(200, [("content-type", "application/json")], json.dumps(answer).encode())
    body = answer.get("body") or ""
    if not isinstance(body, str):
        raise ValueError("body is not text")
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Response(int(answer["statusCode"]), _response_headers(answer), raw)


def _response_headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    headers = [(name.lower(), str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers = [pair for pair in headers if pair[0] != name.lower()]
        headers.extend((name.lower(), str(value)) for value in values)
    headers.extend(("set-cookie", str(cookie)) for cookie in answer.get("cookies") or [])
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return headers

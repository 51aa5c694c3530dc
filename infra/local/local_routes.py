"""What only the local stack serves: virtual phones, tokens, carrier faults and the demo pages under
/_local.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from infra.local.carrier import Carrier, InvalidFaultsError, Text, parse_faults
from infra.local.events import Request, Response
from infra.local.inbound import Inbound, Reply
from infra.local.staff import Staff, UnknownGroupError

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.backlog import Backlog
    from infra.local.deploy import Deployment

_PAGES = Path(__file__).parent / "pages"
_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HOSTS = {"127.0.0.1", "localhost", "::1"}
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_E164_DIGITS = range(5, 16)
_LONGEST_WAIT = 20


class BadRequestError(ValueError):
    """The request cannot be understood; the message says what is wanted."""


def _json(status: int, value: Any) -> Response:
    headers = [("content-type", "application/json"), ("cache-control", "no-store")]
    return Response(status, headers, json.dumps(value).encode())


def _problem(status: int, detail: str) -> Response:
    code = {400: "bad_request", 403: "forbidden", 404: "not_found"}[status]
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    headers = [("content-type", "application/problem+json")]
    return Response(status, headers, json.dumps(body).encode())


def _object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise BadRequestError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadRequestError("the body is not an object")
    return body


def _text(body: dict[str, Any], name: str, needed: bool = True) -> str | None:
    value = body.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or (needed and not value):
        raise BadRequestError(f"{name} must be text")
    return value


def _time(value: str) -> float:
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadRequestError("times are ISO 8601, such as 2026-01-31T12:00:00Z") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _seconds(value: str) -> float:
    if not value.isdigit() or int(value) > _LONGEST_WAIT:
        raise BadRequestError(f"wait is a number of seconds, at most {_LONGEST_WAIT}")
    return float(value)


def _phone(value: str) -> str:
    if not value.startswith("+") or not value[1:].isdigit() or len(value) - 1 not in _E164_DIGITS:
        raise BadRequestError("a phone is + and 5 to 15 digits")
    return value


class LocalRoutes:
    """Answers requests below /_local, and leaves all others to the API."""

    def __init__(
        self,
        carrier: Carrier,
        inbound: Inbound,
        staff: Staff,
        deployment: Deployment,
        backlog: Backlog,
    ) -> None:
        self._carrier = carrier
        self._backlog = backlog
        self._inbound = inbound
        self._staff = staff
        self._deployment = deployment
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/_local/messages"): self._read_messages,
            ("POST", "/_local/messages"): self._text_back,
            ("GET", "/_local/replies"): self._read_replies,
            ("POST", "/_local/token"): self._token,
            ("GET", "/_local/faults"): lambda _: _json(200, self._carrier.report()),
            ("POST", "/_local/faults"): self._misbehave,
            ("GET", "/_local/resources"): self._resources,
            ("GET", "/_local/backlog"): lambda _: _json(200, {"messages": self._backlog.count()}),
        }

    def answer(self, request: Request) -> Response | None:
        """The response, or None when the path is not one of these."""
        if request.path == "/":
            return Response(302, [("location", "/_local")], b"")
        if request.path != "/_local" and not request.path.startswith("/_local/"):
            return None
        if not _is_own(request):
            return _problem(403, "only pages of this address may call this")
        try:
            handler = self._routes.get((request.method, request.path))
            return handler(request) if handler else self._page(request)
        except (BadRequestError, InvalidFaultsError) as error:
            return _problem(400, str(error))

    def _read_messages(self, request: Request) -> Response:
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        # An unescaped + in a query means a space; nobody who types +1… here means one.
        to = query.get("to", "").replace(" ", "+") or None
        texts = self._carrier.texts(to)
        if "since" in query:
            since = query["since"].replace(" ", "+")
            known, texts = len(texts), _after(texts, since)
            if not texts and to is None and (seconds := _seconds(query.get("wait", "0"))):
                self._carrier.wait_for_text(known, seconds)
                texts = _after(self._carrier.texts(), since)
        return _json(200, [text.as_json() for text in texts])

    def _read_replies(self, request: Request) -> Response:
        query = parse_qs(request.query)
        return _json(200, self._inbound.replies(query.get("since", [None])[-1]))

    def _text_back(self, request: Request) -> Response:
        body = _object(request)
        at, to = _text(body, "at", needed=False), _text(body, "to", needed=False)
        sender, message = _phone(_text(body, "from") or ""), body.get("body")
        if not isinstance(message, str):
            raise BadRequestError("body must be text")
        reply = Reply(sender, message, to, _time(at) if at else None)
        return _json(202, self._inbound.deliver(reply))

    def _token(self, request: Request) -> Response:
        body = _object(request)
        try:
            token = self._staff.token(str(_text(body, "group")), _text(body, "user", needed=False))
        except UnknownGroupError as error:
            raise BadRequestError(f"there is no group {error}") from error
        return _json(
            200, {"token": token.token, "token_type": "Bearer", "expires_in": token.expires_in}
        )

    def _misbehave(self, request: Request) -> Response:
        self._carrier.misbehave(parse_faults(_object(request)))
        return _json(200, self._carrier.report())

    def _resources(self, request: Request) -> Response:
        del request
        return _json(200, [vars(each) for each in self._deployment.resources()])

    def _page(self, request: Request) -> Response:
        name = request.path.removeprefix("/_local").strip("/") or "index"
        path = _PAGES / (name if "." in name else f"{name}.html")
        known = {each.name for each in _PAGES.iterdir() if each.suffix in _KINDS}
        if request.method not in ("GET", "HEAD") or path.name not in known or path.parent != _PAGES:
            return _problem(404, f"there is no {request.method} {request.path}")
        headers = [
            ("content-type", f"{_KINDS[path.suffix]}; charset=utf-8"),
            ("content-security-policy", _POLICY),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-cache"),
        ]
        return Response(200, headers, path.read_bytes())


def _is_own(request: Request) -> bool:
    """Keeps other web sites in the same browser from reading texts or asking for tokens."""
    host = urlsplit(f"//{request.header('host') or ''}").hostname
    origin = request.header("origin")
    return host in _HOSTS and (origin is None or urlsplit(origin).netloc == request.header("host"))


def _after(texts: list[Text], since: str) -> list[Text]:
    for index, text in enumerate(texts):
        if text.message_id == since:
            return texts[index + 1 :]
    at = _time(since)
    return [text for text in texts if text.at > at]

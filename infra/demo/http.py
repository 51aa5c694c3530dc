"""A keep-alive JSON client over the standard library, one connection per thread.

The demo is an outsider: all it knows of the service is what HTTP tells it.
"""

from __future__ import annotations

import http.client
import json
import threading
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_SECONDS = 300


class UnexpectedAnswerError(RuntimeError):
    """The service answered what a client of its documentation would not expect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; a body that is no JSON is its text."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The problem's stable code, with the reason of the first field where there is one."""
        if not isinstance(self.body, dict):
            return str(self.status)
        fields = self.body.get("fields") or []
        reason = fields[0].get("problem") if fields else None
        code = str(self.body.get("code", self.status))
        return f"{code}: {reason}" if reason and reason != code else code


class Client:
    """Calls one service. `tokens` are staff tokens by group."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.netloc = parts.netloc
        self._secure = parts.scheme == "https"
        self._local = threading.local()
        self._tokens: dict[str, str] = {}

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return its answer, whatever its status. A kept connection that the
        server closed meanwhile is opened again once; any other fault is raised as OSError."""
        data = None if body is None else json.dumps(body).encode()
        sent = {**({"content-type": "application/json"} if data else {}), **(headers or {})}
        try:
            return self._exchange(method, path, data, sent)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._local.connection = None
            return self._exchange(method, path, data, sent)

    def get(self, path: str, query: Mapping[str, str] | None = None, group: str = "") -> Any:
        """Return the body of a GET that must succeed. Raises UnexpectedAnswerError."""
        return self._must("GET", f"{path}?{urlencode(query)}" if query else path, None, group)

    def post(self, path: str, body: object = None, group: str = "") -> Any:
        """Return the body of a POST that must succeed. Raises UnexpectedAnswerError."""
        return self._must("POST", path, {} if body is None else body, group)

    def as_staff(self, method: str, path: str, body: object, group: str) -> Answer:
        """Send one request under a token of the group, of nobody where it is empty; return its
        answer, whatever its status."""
        headers = {"authorization": f"Bearer {self._token(group)}"} if group else {}
        return self.call(method, path, body, headers)

    def _must(self, method: str, path: str, body: object, group: str) -> Any:
        answer = self.as_staff(method, path, body, group)
        if answer.status >= http.client.BAD_REQUEST:
            message = f"{method} {path} answered {answer.status}: {answer.body}"
            raise UnexpectedAnswerError(message)
        return answer.body

    def _token(self, group: str) -> str:
        if group not in self._tokens:
            self._tokens[group] = str(self.post("/_local/token", {"group": group})["token"])
        return self._tokens[group]

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        connection = self._connection()
        connection.request(method, path, data, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        try:
            return Answer(answer.status, json.loads(text))
        except ValueError:
            return Answer(answer.status, text)

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            kept = kind(self.netloc, timeout=_TIMEOUT_SECONDS)
            self._local.connection = kept
        return kept


def download(link: str) -> bytes:
    """Return what a link serves, as a browser without credentials gets it. Raises OSError."""
    if not link.startswith(("http://", "https://")):
        message = "the link is no web address"
        raise UnexpectedAnswerError(message)
    with urllib.request.urlopen(link, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked
        data: bytes = answer.read()
        return data

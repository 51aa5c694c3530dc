"""The socket side of the edge: HTTP/1.1 on 127.0.0.1, one thread per connection, kept alive.

werkzeug's server closes each connection and waits ten milliseconds after every answer; browsers and
load tests want neither, and the standard library's handler needs little more than what is here.
"""

from __future__ import annotations

import logging
import threading
from email.utils import formatdate
from http.client import responses as reasons
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from infra.local.events import PAYLOAD_LIMIT, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

_HOST = "127.0.0.1"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WITHOUT_BODY = (204, 304)
_DRAIN_LIMIT = 100 * 1024 * 1024
log = logging.getLogger(__name__)


class _UnreadableBodyError(ValueError):
    """The body's length or chunks make no sense."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    rbufsize = 65536
    server: _Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_") and name[3:] in _METHODS:
            return self._handle
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the functions' logs say what happened."""

    def _handle(self) -> None:
        try:
            body = self._body()
        except _UnreadableBodyError:
            self.close_connection = True
            self._send(Response(400, [], b""))
            return
        if len(body) > PAYLOAD_LIMIT:
            self.close_connection = True
        self._send(self.server.answer(self._request(body)))

    def _request(self, body: bytes) -> Request:
        target = (
            self.path
            if self.path.startswith("/")
            else urlsplit(self.path)._replace(scheme="", netloc="").geturl()
        )
        path, _, query = target.partition("?")
        peer = str(self.client_address[0])
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        headers += [("x-forwarded-for", peer), ("x-forwarded-proto", "http")]
        decoded = unquote(path, errors="replace")
        return Request(self.command, decoded, query, headers, body, peer, self.request_version)

    def _body(self) -> bytes:
        """The body, or one byte more than the limit when it is longer."""
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            return self._chunks()
        declared = self.headers.get("content-length", "0").strip()
        if not declared.isdigit():
            raise _UnreadableBodyError
        body = self.rfile.read(min(int(declared), PAYLOAD_LIMIT + 1))
        # Closing on a client that still sends would reset the connection before it reads the 413.
        self._discard(min(int(declared) - len(body), _DRAIN_LIMIT))
        return body

    def _discard(self, rest: int) -> None:
        while rest > 0:
            gone = len(self.rfile.read(min(rest, 65536)))
            rest = rest - gone if gone else 0

    def _chunks(self) -> bytes:
        body = b""
        while len(body) <= PAYLOAD_LIMIT:
            try:
                size = int(self.rfile.readline(100).split(b";")[0], 16)
            except ValueError as error:
                raise _UnreadableBodyError from error
            if size == 0:
                while self.rfile.readline(65537).strip():
                    """Trailers say nothing that is wanted here."""
                break
            body += self.rfile.read(min(size, PAYLOAD_LIMIT + 1))
            self.rfile.readline(3)
        return body

    def _send(self, response: Response) -> None:
        headers = [pair for pair in response.headers if pair[0] != "content-length"]
        headers += [("server", "assent-local"), ("date", formatdate(usegmt=True))]
        if response.status not in _WITHOUT_BODY:
            headers.append(("content-length", str(len(response.body))))
        if self.close_connection:
            headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {response.status} {reasons.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {_one_line(value)}" for name, value in headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        body = b"" if self.command == "HEAD" or response.status in _WITHOUT_BODY else response.body
        # One write, so that the answer leaves in one piece.
        self.wfile.write(head + body)


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    answer: Callable[[Request], Response]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        del request, client_address
        log.debug("a connection broke", exc_info=True)


class HttpServer:
    """Takes its port at once, so that the address is known before anything is deployed."""

    def __init__(self, port: int) -> None:
        """port 0 takes a free one. Raises OSError when the port is taken."""
        self._server = _Server((_HOST, port), _Handler)
        self.port = self._server.server_port
        self._thread: threading.Thread | None = None

    def serve(self, answer: Callable[[Request], Response]) -> None:
        """Begin to answer, in a thread; connections made before waited until now."""
        self._server.answer = answer
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="edge",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        if self._thread:
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
